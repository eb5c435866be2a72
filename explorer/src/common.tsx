// What several views use.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { conceptxFile } from "./conceptx";
import type { Layer, Overview, Pair } from "./data";

/** What every view is given. */
export interface Shown {
  overview: Overview;
  pair: Pair;
  at: Record<string, string>;
  /** Address of this view with other values. */
  here: (changes: Record<string, string | number | undefined>) => string;
}

/** The result of a promise, undefined until it is there; an error is thrown to whoever shows it. */
export function useLoaded<Found>(make: () => Promise<Found>, keys: unknown[]): Found | undefined {
  const [state, setState] = useState<{ found?: Found; error?: Error; keys: unknown[] }>({ keys: [] });
  useEffect(() => {
    let current = true;
    make().then(
      (found) => current && setState({ found, keys }),
      (error) => current && setState({ error, keys }),
    );
    return () => {
      current = false;
    };
  }, keys);
  if (state.error) throw state.error;
  const fresh = state.keys.length === keys.length && keys.every((key, i) => key === state.keys[i]);
  return fresh ? state.found : undefined;
}

/** A word of a text with its language and direction. */
export function Word({ pair, side, children }: { pair: Pair; side: number; children: ComponentChildren }) {
  return (
    <bdi lang={pair.languages[side]} dir={pair.directions[side]} class="word">
      {children}
    </bdi>
  );
}

export function Waiting() {
  return <p role="status">Loading …</p>;
}

export function percent(value: number | null): string {
  return value === null ? "–" : `${Math.round(value * 100)} %`;
}

export function Choice({ label, value, options, href }: {
  label: string; value: string; options: [string, string][]; href: (value: string) => string;
}) {
  return (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => (location.hash = href(event.currentTarget.value))}>
        {options.map(([key, name]) => <option key={key} value={key} selected={key === value}>{name}</option>)}
      </select>
    </label>
  );
}

/** A button that hands over a table as CSV. */
export function Csv({ name, rows }: { name: string; rows: () => (string | number | null)[][] }) {
  return <button type="button" onClick={() => save(`${name}.csv`, "text/csv", csv(rows()))}>CSV</button>;
}

/** Buttons that hand over words of concepts as files of ConceptX: one for each language, or for both together. */
export function ConceptX({ pair, run, layer, number, wanted, sides = [0, 1], label = "" }: {
  pair: Pair; run: string; layer: Layer; number: string; wanted: (side: number, cluster: number) => boolean;
  sides?: number[]; label?: string;
}) {
  const [making, setMaking] = useState(false);
  const [error, setError] = useState<Error>();
  if (error) throw error;
  const files = layer.metric === "colap" ? [[0, 1]] : sides.map((side) => [side]);
  const make = (file: number[]) => {
    const language = file.map((side) => pair.languages[side]).join("+");
    setMaking(true);
    conceptxFile(pair, layer, file, wanted)
      .then((text) => save(`${run.replaceAll("/", ".")}.${pair.name}.layer${number}.${language}.txt`, "text/plain", text))
      .catch(setError)
      .finally(() => setMaking(false));
  };
  return (
    <>
      {files.map((file) => (
        <button key={file.join()} type="button" class="conceptx" disabled={making} onClick={() => make(file)}>
          {label || "ConceptX"} {file.map((side) => pair.languages[side]).join("+")}
        </button>
      ))}
    </>
  );
}

function save(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function csv(rows: (string | number | null)[][]): string {
  const field = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(field).join(",") + "\n").join("");
}

export function runName(run: string): string {
  const [model, variant, side] = run.split("/");
  return `${model}, ${variant}, ${side}`;
}
