// The page: where it stands, and the view that is asked for.
import { Component, type ComponentChildren, type ComponentType, render } from "preact";
import { useEffect } from "preact/hooks";
import { Choice, runName, type Shown, useLoaded, Waiting } from "./common";
import { loadOverview, loadPair, type Pair } from "./data";
import { address, useRoute, type View, VIEWS } from "./route";
import { Answer } from "./views/answer";
import { Audit } from "./views/audit";
import { Compare } from "./views/compare";
import { Concept } from "./views/concept";
import { Concepts } from "./views/concepts";
import { WordView } from "./views/word";

const PAGES: Record<View, ComponentType<Shown>> = {
  answer: Answer, concepts: Concepts, concept: Concept, word: WordView, compare: Compare, audit: Audit,
};
const NAMES: Record<View, string> = {
  answer: "Answer", concepts: "Concepts", concept: "Concept", word: "Words", compare: "Compare", audit: "Audit",
};

class Boundary extends Component<{ children: ComponentChildren; at: string }, { error?: Error }> {
  componentDidCatch(error: Error) {
    this.setState({ error });
  }
  componentDidUpdate(before: { at: string }) {
    if (before.at !== this.props.at && this.state.error) this.setState({ error: undefined });
  }
  render() {
    return this.state.error ? <p role="alert">{this.state.error.message}</p> : this.props.children;
  }
}

function Page() {
  const { view, at } = useRoute();
  const overview = useLoaded(loadOverview, []);
  const name = overview && (overview.pairs.includes(at.pair) ? at.pair : overview.pairs[0]);
  const pair = useLoaded(async () => (name ? loadPair(name) : undefined), [name]);
  useEffect(() => {
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  if (!overview || !pair) return <Waiting />;
  const known = complete(pair, at);
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
        <Boundary at={location.hash}><Current {...shown} /></Boundary>
      </main>
      <footer>
        Study {overview.name}, {overview.definition} definition, clusterings of seed {overview.seed}.
      </footer>
    </>
  );
}

/** What of a state outlives another pair, run or layer. */
function kept(view: View, at: Record<string, string>): Record<string, string | undefined> {
  if (view === "concepts") return { sort: at.sort, show: at.show };
  if (view === "word") return { side: at.side, type: at.type, q: at.q };
  if (view === "compare") return { run2: at.run2, layer2: at.layer2, show: at.show };
  return view === "audit" ? { rater: at.rater, seed: at.seed } : {};
}

/** Fill in what an address leaves open: the first run, its last layer, CALIGN. */
function complete(pair: Pair, at: Record<string, string>): Record<string, string> {
  const run = pair.runs.find(({ name }) => name === at.run) ?? pair.runs[0];
  const layers = run.layers.map(String);
  const layer = layers.includes(at.layer) ? at.layer : layers[layers.length - 1];
  const metric = at.metric === "colap" ? "colap" : "calign";
  return { ...at, pair: pair.name, run: run.name, layer, metric };
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

render(<Boundary at=""><Page /></Boundary>, document.getElementById("explorer")!);
