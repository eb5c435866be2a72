// A word type: its translations, and the concept it is in, in every layer and run.
import { useEffect, useRef } from "preact/hooks";
import { Csv, type Shown, useLoaded, Waiting, Word } from "../common";
import { type Cell, loadLinks, loadTrail, type Metric, type Pair, search } from "../data";
import { address, go } from "../route";
import { Terms } from "../terms";

const SHOWN = 50;

export function WordView({ overview, pair, at, here }: Shown) {
  const text = at.q ?? "";
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!at.type) field.current?.focus();
  }, []);
  const typed = (value: string) => go(here({ q: value, side: undefined, type: undefined }), true);
  return (
    <section>
      <h1>Words</h1>
      <p class="note">
        {pair.types[0].length.toLocaleString("en")} word types of {pair.names[0]} and {pair.types[1].length.toLocaleString("en")} of{" "}
        {pair.names[1]} are clustered. Type a part of one; upper and lower case are the same.
      </p>
      <p>
        <label>
          Search in {pair.names.join(" and ")}{" "}
          <input id="search" type="search" ref={field} value={text} dir="auto" autocomplete="off" spellcheck={false} onInput={(event) => typed(event.currentTarget.value)} />
        </label>
      </p>
      {text && !at.type && [0, 1].map((side) => <Results key={side} pair={pair} side={side} text={text} here={here} />)}
      {at.type && <Trail pair={pair} at={at} overview={overview} />}
      <Terms overview={overview} of={["concept", "calign", "colap", "matched"]} />
    </section>
  );
}

function Results({ pair, side, text, here }: Pick<Shown, "pair" | "here"> & { side: number; text: string }) {
  const found = search(pair.types[side], text);
  return (
    <div class="results" data-side={side} data-found={found.length}>
      <h2>{pair.names[side]}: {found.length}</h2>
      <ul class="words" lang={pair.languages[side]} dir={pair.directions[side]}>
        {found.slice(0, SHOWN).map((type) => (
          <li key={type}><a href={here({ side, type: pair.types[side][type] })}><Word pair={pair} side={side}>{pair.types[side][type]}</Word></a></li>
        ))}
      </ul>
      {found.length > SHOWN && <p>and {found.length - SHOWN} more</p>}
    </div>
  );
}

function Trail({ overview, pair, at }: Pick<Shown, "overview" | "pair" | "at">) {
  const side = Number(at.side ?? 0);
  const metric = at.metric as Metric;
  const type = pair.types[side].indexOf(at.type);
  const loaded = useLoaded(
    async () => (type < 0 ? undefined : Promise.all([loadTrail(pair, metric, side, type), loadLinks(pair.name)])),
    [pair, metric, side, type],
  );
  if (type < 0) return <p role="alert">No word of {pair.names[side]} is spelt <bdi>{at.type}</bdi> among those that are clustered.</p>;
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
      <p class="note">
        Number of the concept that holds most of its words, by layer and run: ✓ a translation is in{" "}
        {metric === "colap" ? "it too" : side ? "a concept that this one fits best" : "the concept that fits it best"}, ✗ none is; framed
        where {metric === "colap" ? "the concept overlaps" : side ? "a concept aligns to it" : "the concept aligns"}. Numbers of different
        layers or runs have nothing to do with each other.
      </p>
      <p class="tools">
        <Csv name={`${overview.name}-word`} rows={() => [
          ["language", "word", "run", "layer", "concept", "translation_there", metric === "calign" ? "aligns" : "overlaps"],
          ...cells.map(({ run, layer, cluster, matched, counts }) =>
            [pair.languages[side], at.type, run, layer, cluster < 0 ? null : cluster, Number(matched), Number(counts)]),
        ]} />
      </p>
      <Grid pair={pair} at={at} cells={cells} />
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
                if (!cell || cell.cluster < 0) return <td key={name}>{cell ? "· in none" : "–"}</td>;
                const href = address("concept", { pair: at.pair, run: name, layer, metric: at.metric, side: at.side, type: at.type });
                const label = `${cell.cluster}: ${name}, layer ${layer}, ${cell.matched ? "a translation is there" : "no translation is there"}${cell.counts ? ", framed" : ""}`;
                return (
                  <td key={name} class={cell.counts ? "counts" : undefined}>
                    <a href={href} aria-label={label}>{cell.matched ? "✓" : "✗"} {cell.cluster}</a>
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
