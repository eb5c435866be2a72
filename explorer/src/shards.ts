// Data of the page: classic scripts that hand over base64 gzip, which load from file:// too.
// polyconcept/explorer/shards.py says how they are made.

export type Numbers = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array | Float32Array;

export interface Shard {
  about: Record<string, any>;
  columns: Record<string, Numbers>;
  texts: Record<string, string>;
}

const KINDS = {
  u1: Uint8Array, u2: Uint16Array, u4: Uint32Array,
  i1: Int8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array,
} as const;

// A few hundred would fill the memory of a small machine.
const KEPT = 48;

const waiting = new Map<string, (coded: string) => void>();
const loaded = new Map<string, Promise<Shard>>();

declare global {
  interface Window {
    polyconcept_shard(name: string, coded: string): void;
  }
}

window.polyconcept_shard = (name, coded) => {
  waiting.get(name)?.(coded);
  waiting.delete(name);
};

export function load(name: string): Promise<Shard> {
  const known = loaded.get(name);
  if (known) return known;
  const shard = fetchScript(name).then(unpack);
  loaded.set(name, shard);
  shard.catch(() => loaded.delete(name));
  if (loaded.size > KEPT) loaded.delete(loaded.keys().next().value!);
  return shard;
}

function fetchScript(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    waiting.set(name, resolve);
    script.src = `data/${name.split("/").map(encodeURIComponent).join("/")}.js`;
    script.onload = () => script.remove();
    script.onerror = () => {
      script.remove();
      waiting.delete(name);
      reject(new Error(`data/${name}.js cannot be read: is the folder data complete?`));
    };
    document.head.append(script);
  });
}

async function unpack(coded: string): Promise<Shard> {
  const packed = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const text = new TextDecoder();
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(text.decode(bytes.subarray(4, 4 + length)));
  const shard: Shard = { about: header.about, columns: {}, texts: {} };
  let place = 4 + length;
  for (const [name, kind, size] of header.columns as [string, keyof typeof KINDS | "text", number][]) {
    const block = bytes.subarray(place, place + size);
    if (kind === "text") shard.texts[name] = text.decode(block);
    else shard.columns[name] = fromPlanes(block, KINDS[kind]);
    place += size;
  }
  return shard;
}

function fromPlanes(block: Uint8Array, kind: (typeof KINDS)[keyof typeof KINDS]): Numbers {
  const width = kind.BYTES_PER_ELEMENT;
  const length = block.length / width;
  const values = new Uint8Array(block.length);
  for (let plane = 0; plane < width; plane++)
    for (let i = 0; i < length; i++) values[i * width + plane] = block[plane * length + i];
  return new kind(values.buffer);
}
