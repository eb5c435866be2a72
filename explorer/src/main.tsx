// The page: where it stands, and the view that is asked for.
import { Component, type ComponentChildren, type ComponentType, render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Choice, runName, type Shown, useLoaded, Waiting } from "./common";
import { loadOverview, loadPair, type Overview, type Pair } from "./data";
import { address, useRoute, type View, VIEWS } from "./route";
import { Answer } from "./views/answer";
import { Audit } from "./views/audit";
import { Compare } from "./views/compare";
import { Concept } from "./views/concept";
import { Concepts, KEYS } from "./views/concepts";
import { WordView } from "./views/word";

const PAGES: Record<View, ComponentType<Shown>> = {
  answer: Answer, concepts: Concepts, concept: Concept, word: WordView, compare: Compare, audit: Audit,
};
const NAMES: Record<View, string> = {
  answer: "Answer", concepts: "Concepts", concept: "Concept", word: "Words", compare: "Compare", audit: "Audit",
};

/** Says what went wrong in place of what it holds, until another address is asked for. */
class Boundary extends Component<{ children: ComponentChildren }, { error?: Error }> {
  again = () => this.state.error && this.setState({ error: undefined });
  componentDidMount() {
    window.addEventListener("hashchange", this.again);
  }
  componentWillUnmount() {
    window.removeEventListener("hashchange", this.again);
  }
  componentDidCatch(error: Error) {
    this.setState({ error });
  }
  render() {
    return this.state.error ? <p role="alert">This cannot be shown: {this.state.error.message}</p> : this.props.children;
  }
}

function Page() {
  const { view, at, unknown } = useRoute();
  const overview = useLoaded(loadOverview, []);
  const name = overview && (overview.pairs.includes(at.pair) ? at.pair : overview.pairs[0]);
  const pair = useLoaded(async () => (name ? loadPair(name) : undefined), [name]);
  useEffect(() => {
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  const before = useRef(view);
  useEffect(() => {
    if (overview) document.title = `${NAMES[view]} – ${overview.name}`;
    // Whoever has no pointer goes on reading in the new view.
    if (before.current !== view && view !== "word") document.querySelector<HTMLElement>("main")?.focus();
    before.current = view;
  }, [view, overview]);
  if (!overview || !pair) return <Waiting />;
  const faults = unknown ? [`there is no view “${unknown}”`] : [];
  const known = complete(pair, overview, view, at, faults);
  const shown: Shown = { overview, pair, at: known, here: (changes) => address(view, { ...known, ...changes }) };
  const Current = PAGES[view];
  const layers = pair.runs.find((run) => run.name === known.run)!.layers.map(String);
  const place = { pair: known.pair, run: known.run, layer: known.layer, metric: known.metric };
  const to = (changes: Record<string, string>) => address(view === "concept" ? "concepts" : view, { ...place, ...kept(view, known), ...changes });
  return (
    <>
      <header>
        <a class="unseen skip" href="#main" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("main")!.focus(); }}>To the content</a>
        <nav aria-label="Views">
          {VIEWS.filter((one) => one !== "concept").map((one) => (
            <a key={one} id={`view-${one}`} href={address(one, place)} aria-current={one === view ? "page" : undefined}>{NAMES[one]}</a>
          ))}
          <a href="../index.html">Report</a>
        </nav>
        {view !== "answer" && (
          <form class="tools" onSubmit={(event) => event.preventDefault()}>
            <Choice label="Pair" value={known.pair} options={overview.pairs.map((one) => [one, one])} href={(value) => to({ pair: value, type: "", q: "" })} />
            {view !== "word" && <Choice label="Run" value={known.run} options={pair.runs.map((run) => [run.name, runName(run.name)])} href={(value) => to({ run: value })} />}
            {view !== "word" && <Choice label="Layer" value={known.layer} options={layers.map((one) => [one, one])} href={(value) => to({ layer: value })} />}
            <Choice label="Metric" value={known.metric} options={[["calign", "CALIGN"], ["colap", "COLAP"]]} href={(value) => to({ metric: value })} />
          </form>
        )}
      </header>
      <main tabIndex={-1}>
        {faults.length > 0 && (
          <div role="alert" class="warning" id="faults">
            The address asks for what is not here:
            <ul>{faults.map((fault) => <li>{fault}</li>)}</ul>
          </div>
        )}
        <Boundary><Current {...shown} /></Boundary>
      </main>
      <footer>
        <p>
          Study {overview.name}: concepts of the {overview.definition} definition, clusterings of seed {overview.seed}. Keys: j and k go to the
          next and previous concept, / searches.
        </p>
        <p>
          <a href="../index.html">Report</a>, <a href="../scores.csv">score table</a>, <a href="../claims.html">claims</a>. Made by
          Polyconcept at commit <span id="commit">{overview.commit ?? "– (in no repository)"}</span> from scores.parquet of SHA-256{" "}
          <span id="hash">{overview.scores_sha256}</span>.
        </p>
      </footer>
    </>
  );
}

/** What of a state outlives another pair, run or layer. */
function kept(view: View, at: Record<string, string>): Record<string, string | undefined> {
  if (view === "concepts" || view === "concept") return { sort: at.sort, show: at.show, class: at.class };
  if (view === "word") return { side: at.side, type: at.type, q: at.q };
  if (view === "compare") return { run2: at.run2, layer2: at.layer2, show: at.show };
  return view === "audit" ? { rater: at.rater, seed: at.seed } : {};
}

/** What a value of an address may be; of `show` it is the view that says. */
const SHOW: Partial<Record<View, string[]>> = {
  concepts: ["aligned", "near", "none"], concept: ["aligned", "near", "none"],
  compare: ["kept", "gained", "lost", "neither", "split", "merged"],
};

/**
 * Fill in what an address leaves open: the first run, its last layer, CALIGN. What it has that is not here is left
 * out, and told of in `faults`.
 */
function complete(
  pair: Pair, overview: Overview, view: View, at: Record<string, string>, faults: string[],
): Record<string, string> {
  const run = pair.runs.find(({ name }) => name === at.run) ?? pair.runs[0];
  const layers = run.layers.map(String);
  const whole = { test: (value: string) => /^[0-9]{1,9}$/.test(value), needed: "a whole number" };
  const other = pair.runs.find(({ name }) => name === at.run2);
  const sorts = [...Object.keys(KEYS), "class"];
  const among = (values: string[]) => ({ test: (value: string) => values.includes(value), needed: values.join(", ") });
  const known: Record<string, { test: (value: string) => boolean; needed: string }> = {
    pair: among(overview.pairs),
    run: among(pair.runs.map(({ name }) => name)),
    layer: among(layers),
    metric: among(["calign", "colap"]),
    definition: among(["published", "corrected"]),
    side: among(["0", "1"]),
    rater: among(["1", "2"]),
    class: among(pair.classes),
    sort: { test: (value: string) => sorts.includes(value.replace(/^-/, "")), needed: `${sorts.join(", ")}, with - from high to low` },
    run2: among(pair.runs.map(({ name }) => name)),
    layer2: other ? among(other.layers.map(String)) : whole,
    cluster: whole, target: whole, seed: whole,
  };
  if (SHOW[view]) known.show = among(SHOW[view]);
  const found: Record<string, string> = {};
  for (const [key, value] of Object.entries(at)) {
    // Own ones alone: an address may ask for the "constructor" of anything.
    if (!value || !Object.hasOwn(known, key) || known[key].test(value)) found[key] = value;
    else faults.push(`${key} “${value}”; needed: ${known[key].needed}`);
  }
  const layer = found.layer || layers[layers.length - 1];
  return { ...found, pair: pair.name, run: run.name, layer, metric: found.metric || "calign" };
}

function pressed(event: KeyboardEvent): void {
  const typing = (event.target as HTMLElement).closest("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    const field = document.querySelector<HTMLInputElement>("#search");
    if (field) field.focus();
    else document.querySelector<HTMLAnchorElement>("#view-word")!.click();
  } else if (event.key === "j" || event.key === "k") {
    const beside = document.querySelector<HTMLAnchorElement>(event.key === "j" ? "#next" : "#previous");
    if (beside) return beside.click();
    const rows = [...document.querySelectorAll<HTMLAnchorElement>("a.row")];
    const place = rows.indexOf(document.activeElement as HTMLAnchorElement);
    rows[Math.max(0, Math.min(rows.length - 1, place + (event.key === "j" ? 1 : -1)))]?.focus();
  }
}

render(<Boundary><Page /></Boundary>, document.getElementById("explorer")!);
