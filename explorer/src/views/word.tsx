// A word type: its translations, and the concept it is in, in every layer and run.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Shown, useLoaded, Waiting, Word } from "../common";
import { type Cell, loadLinks, loadTrail, type Metric, type Pair, search } from "../data";
import { address, go } from "../route";

const SHOWN = 50;

export function WordView({ pair, at, here }: Shown) {
  const [text, setText] = useState(at.q ?? "");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!at.type) field.current?.focus();
  }, []);
  useEffect(() => setText(at.q ?? ""), [at.q]);
  const typed = (value: string) => {
    setText(value);
    go(here({ q: value, side: undefined, type: undefined }), true);
  };
  return (
    <section>
      <h1>Words</h1>
      <p>
        <label>
          Search in {pair.languages.join(" and ")}{" "}
          <input id="search" type="search" ref={field} value={text} dir="auto" autocomplete="off" spellcheck={false} onInput={(event) => typed(event.currentTarget.value)} />
        </label>
      </p>
      {text && !at.type && [0, 1].map((side) => <Results key={side} pair={pair} side={side} text={text} here={here} />)}
      {at.type && <Trail pair={pair} at={at} />}
    </section>
  );
}

function Results({ pair, side, text, here }: Pick<Shown, "pair" | "here"> & { side: number; text: string }) {
  const found = search(pair.types[side], text);
  return (
    <div class="results" data-side={side} data-found={found.length}>
      <h2>{pair.languages[side]}: {found.length}</h2>
      <ul class="words" lang={pair.languages[side]} dir={pair.directions[side]}>
        {found.slice(0, SHOWN).map((type) => (
          <li key={type}><a href={here({ side, type: pair.types[side][type] })}><Word pair={pair} side={side}>{pair.types[side][type]}</Word></a></li>
        ))}
      </ul>
      {found.length > SHOWN && <p>and {found.length - SHOWN} more</p>}
    </div>
  );
}

function Trail({ pair, at }: Pick<Shown, "pair" | "at">) {
  const side = Number(at.side ?? 0);
  const metric = at.metric as Metric;
  const type = pair.types[side].indexOf(at.type);
  const loaded = useLoaded(
    async () => (type < 0 ? undefined : Promise.all([loadTrail(pair, metric, side, type), loadLinks(pair.name)])),
    [pair, metric, side, type],
  );
  if (type < 0) return <p>No word is spelt <bdi>{at.type}</bdi> among those that are clustered.</p>;
  if (!loaded) return <Waiting />;
  const [cells, links] = loaded;
  const translations = (side ? links.backward : links.forward).of(type);
  return (
    <>
      <h2><Word pair={pair} side={side}>{at.type}</Word></h2>
      <p>
        {pair.nWords[metric][side][type]} words. Translations:{" "}
        {[...translations].map((other, place) => (
          <>
            {place > 0 && ", "}
            <a href={address("word", { pair: at.pair, run: at.run, layer: at.layer, metric, side: 1 - side, type: pair.types[1 - side][other] })}>
              <Word pair={pair} side={1 - side}>{pair.types[1 - side][other]}</Word>
            </a>
          </>
        ))}
        {!translations.length && "none that is clustered"}.
      </p>
      <Grid pair={pair} at={at} cells={cells} />
      <p class="note">
        Of the concept that holds most of its words: ✓ a translation is in {metric === "calign" ? "its best target" : "it too"}, ✗ none is,
        framed where the concept {metric === "calign" ? "aligns" : "overlaps"}; each leads there.
      </p>
    </>
  );
}

/** A grid layer x run; each cell leads to the concept there. */
function Grid({ pair, at, cells }: { pair: Pair; at: Record<string, string>; cells: Cell[] }) {
  const layers = [...new Set(cells.map(({ layer }) => layer))].sort((a, b) => a - b);
  return (
    <div class="scroll">
      <table class="grid">
        <thead>
          <tr><th scope="col">Layer</th>{pair.runs.map(({ name }) => <th scope="col" key={name}>{name.split("/").join(" ")}</th>)}</tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer}>
              <th scope="row">{layer}</th>
              {pair.runs.map(({ name }) => {
                const cell = cells.find((one) => one.run === name && one.layer === layer);
                if (!cell?.inside) return <td key={name}>{cell ? "· in none" : "–"}</td>;
                const href = address("concept", { pair: at.pair, run: name, layer, metric: at.metric, side: at.side, type: at.type });
                const label = `${name}, layer ${layer}: ${cell.matched ? "a translation is there" : "no translation is there"}${cell.counts ? ", framed" : ""}`;
                return (
                  <td key={name} class={cell.counts ? "counts" : undefined}>
                    <a href={href} aria-label={label}>{cell.matched ? "✓" : "✗"}</a>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
