// A word type: its translations, and the concept it is in, in every layer and run.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Shown, useLoaded, Waiting, Word } from "../common";
import { loadLinks, loadTrail, type Metric, search } from "../data";
import { address, go } from "../route";
import { TrailGrid } from "./concept";

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
      <TrailGrid pair={pair} at={at} cells={cells} text={(cell) => `${cell.cluster} ${cell.matched ? "✓" : "✗"}`} />
      <p class="note">
        Number of the concept that holds most of its words. ✓ a translation is in {metric === "calign" ? "the concept that matches it best" : "it too"}, ✗ none is;
        set off where the concept {metric === "calign" ? "aligns" : "overlaps"}.
      </p>
    </>
  );
}
