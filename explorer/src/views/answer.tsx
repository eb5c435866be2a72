// The claims, and scores by layer from base to fine-tuned.
import { Choice, Csv, type Shown } from "../common";
import { type AtSetting, type Claim, type Effect, languageName, type Overview, type Score, scoresOf } from "../data";
import { address } from "../route";
import { Terms } from "../terms";

const METRICS: [string, string][] = [["calign", "CALIGN"], ["colap", "COLAP"]];

export function Answer({ overview, at, here }: Shown) {
  const { claims, notes, least_effect, settings } = overview.claims;
  const metric = at.metric;
  const definition = at.definition ?? overview.definition;
  const scores = scoresOf(overview).filter(
    (score) => score.metric === metric && score.definition === definition && score.over === "all",
  );
  const panels = new Map<string, Score[]>();
  for (const score of scores) {
    const name = `${score.model}, ${score.side}, ${languageName(score.source)} → ${languageName(score.target)}`;
    panels.set(name, [...(panels.get(name) ?? []), score]);
  }
  const judged = claims.filter((claim) => claim.definition === definition);
  const bare = [...panels].filter(([, rows]) => !rows.some(({ variant }) => variant === "random")).map(([name]) => name);
  return (
    <section>
      <h1>What {overview.name} says of the three claims</h1>
      <p>
        A model turns each word of a sentence into a vector, layer by layer. Here the vectors are clustered, and a cluster is
        taken for a concept. Do the concepts of one language have their like in another (CALIGN), and do concepts hold words
        of both (COLAP)?
      </p>
      {notes.map((note) => <p class="warning">{note}</p>)}
      <p class="tools">
        <Choice label="Definition" value={definition} options={[["published", "published"], ["corrected", "corrected"]]} href={(value) => here({ definition: value })} />
      </p>
      <p class="note">
        ● effect with its 95 % interval on an axis around 0; dashed line: the least effect that counts, {least_effect}. A
        solid interval is for other models (claim 3: languages), a dashed one for the same models on other sentences and under
        other seeds. Squares: the verdict at each swept setting, ■ the same, □ another.
      </p>
      <ClaimList claims={judged.filter((claim) => METRICS.some(([name]) => name === claim.metric))} settings={settings} least={least_effect} />
      {judged.some((claim) => !METRICS.some(([name]) => name === claim.metric)) && (
        <details>
          <summary>The same by the scores beside CALIGN</summary>
          <ClaimList claims={judged.filter((claim) => !METRICS.some(([name]) => name === claim.metric))} settings={settings} least={least_effect} />
        </details>
      )}
      <h2>Scores by layer</h2>
      <p class="tools">
        <Choice label="Metric" value={metric} options={METRICS} href={(value) => here({ metric: value })} />
        <Csv name={`${overview.name}-scores`} rows={() => table(scores)} />
      </p>
      <p class="note">
        A row for each layer: ○ base, ● fine-tuned, × random weights, each with its 95 % interval. | chance, ‖ ceiling, both of the base model; the
        axis runs from the lowest chance to the highest ceiling.
        {definition === overview.definition ? " Each mark leads to its concepts." : ` The concepts of the ${definition} definition are not on this page.`}
      </p>
      {!panels.size && <p>The score table has no such scores.</p>}
      {bare.length > 0 && <p class="warning">No random weights were scored for {bare.join("; ")}: what the shape of the model alone gives is not known there.</p>}
      <div class="panels">
        {[...panels].map(([name, rows]) => <Panel key={name} name={name} rows={rows} overview={overview} />)}
      </div>
      <details class="scores">
        <summary>The same as a table</summary>
        <ScoreRows scores={scores} />
      </details>
      <Terms overview={overview} of={["concept", "calign", "colap", "definition", "chance", "ceiling", "random", "interval"]} />
    </section>
  );
}

function ClaimList({ claims, settings, least }: { claims: Claim[]; settings: AtSetting[]; least: number }) {
  const titles = new Map(claims.map(({ claim, title }) => [claim, title]));
  return (
    <>
      {[...titles].map(([number, title]) => (
        <>
          <h2>{number}. {title}</h2>
          <ul class="claims">
            {claims.filter(({ claim }) => claim === number).map((claim) => (
              <li>
                <p>{claim.sentence}</p>
                <Effects claim={claim} least={least} />
                <Strip claim={claim} settings={settings} />
              </li>
            ))}
          </ul>
        </>
      ))}
    </>
  );
}

/** The verdict at each of the swept settings. */
function Strip({ claim, settings }: { claim: Claim; settings: AtSetting[] }) {
  const swept = settings.filter(
    (one) =>
      one.parameter && one.effect !== null && one.claim === claim.claim && one.metric === claim.metric &&
      one.definition === claim.definition,
  );
  if (!swept.length) return null;
  const width = Math.min(14, 280 / swept.length);
  const same = swept.filter(({ verdict }) => verdict === claim.verdict).length;
  const label = `${claim.verdict} at ${same} of ${swept.length} swept settings`;
  return (
    <svg viewBox={`0 0 ${width * swept.length} 20`} style={{ width: `${width * swept.length}px` }} class="strip" role="img" aria-label={label}>
      {swept.map(({ parameter, at, verdict }, place) => (
        <rect x={place * width + 1.5} y={4} width={width - 3} height={12} class={verdict === claim.verdict ? "point" : "hollow"}>
          <title>{parameter} = {at}: {verdict}</title>
        </rect>
      ))}
    </svg>
  );
}

const OPEN = 16;

/** The effect, and that of each run and pair, on one axis that has 0 in it. */
function Effects({ claim, least }: { claim: Claim; least: number }) {
  const { effect } = claim;
  if (effect === null) return null;
  // The interval for other models, or where there are too few of them that for these.
  const wide = claim.low !== null && claim.high !== null;
  const [low, high] = wide ? [claim.low, claim.high] : [claim.precision_low, claim.precision_high];
  const whole = { effect, low, high };
  const parts = claim.claim === 3
    ? claim.of_runs.map((run) => ({ name: [run.model, run.variant], ...run }))
    : claim.of_pairs.map((run) => ({ name: [run.model, run.variant, run.pair], ...run }));
  const counts = claim.claim === 3 ? 0 : least;
  const values = [whole, ...parts].flatMap((found) => [found.effect, found.low, found.high]);
  const reach = Math.max(2 * counts, 0.01, ...values.map((value) => Math.abs(value ?? 0))) * 1.1;
  return (
    <>
      <Interval found={whole} basis={wide ? "" : "for these models "} reach={reach} counts={counts} />
      {parts.length > 0 && (
        <details open={parts.length <= OPEN}>
          <summary>By model{claim.claim === 3 ? "" : " and pair"} ({parts.length})</summary>
          <table class="effects">
            <tbody>
              {parts.map((part) => (
                <tr key={part.name.join()}>
                  <th scope="row">{part.name.join(", ")}</th>
                  <td><Interval found={part} basis={claim.claim === 3 ? "" : "for this model "} reach={reach} counts={counts} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </>
  );
}

/** An effect with its interval; the axis runs from minus to plus `reach`. */
function Interval({ found, basis, reach, counts }: { found: Effect; basis: string; reach: number; counts: number }) {
  const { effect, low, high } = found;
  const x = (value: number) => 100 + (value / reach) * 95;
  const label = `effect ${signed(effect)}` + (low !== null && high !== null ? `, 95 % interval ${basis}${signed(low)} to ${signed(high)}` : ", no interval");
  return (
    <svg viewBox="0 0 200 20" class="interval" role="img" aria-label={label}>
      <title>{label}</title>
      <line x1="0" x2="200" y1="10" y2="10" class="axis faint" />
      <line x1="100" x2="100" y1="2" y2="18" class="axis" />
      {counts > 0 && <line x1={x(counts)} x2={x(counts)} y1="2" y2="18" class="axis dashed" />}
      {low !== null && high !== null && <line x1={x(low)} x2={x(high)} y1="10" y2="10" class={basis ? "range narrow" : "range"} />}
      <circle cx={x(effect)} cy="10" r="4" class="point" />
    </svg>
  );
}

function signed(value: number): string {
  return value.toFixed(3).replace("-", "−");
}

const ROW = 26;
const LEFT = 30;
const WIDTH = 340;

/** Dumbbells of a model and pair: layers down, the score from chance to ceiling across. */
function Panel({ name, rows, overview }: { name: string; rows: Score[]; overview: Overview }) {
  const layers = [...new Set(rows.map(({ layer }) => layer))].sort((a, b) => a - b);
  // From the lowest chance to the highest ceiling, or further where a score lies outside.
  const known = (values: (number | null)[]) => values.filter((value): value is number => value !== null);
  const every = rows.flatMap((row) => known([row.value, row.null_mean, row.ceiling, row.low, row.high]));
  const lowest = Math.min(...every);
  const highest = Math.max(...every, lowest + 0.01);
  const x = (value: number) => LEFT + 8 + ((value - lowest) / (highest - lowest)) * (WIDTH - LEFT - 16);
  const height = layers.length * ROW + 22;
  const tick = (score: number, y: number, shift = 0) => <line x1={x(score) + shift} x2={x(score) + shift} y1={y - 9} y2={y + 9} class="axis" />;
  return (
    <figure>
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="group" aria-label={`${name}: scores by layer`}>
        {layers.map((layer, row) => {
          const y = row * ROW + ROW / 2;
          const own = rows.filter((score) => score.layer === layer).sort((a, b) => rank(a) - rank(b));
          const base = own.find(({ variant }) => variant === "base");
          const beside = base ?? own[0];
          return (
            <g key={layer}>
              <text x="2" y={y + 4}>{layer}</text>
              <line x1={LEFT} x2={WIDTH} y1={y} y2={y} class="axis faint" />
              {base && own.filter(({ variant }) => variant !== "base" && variant !== "random").map((score) => (
                <line x1={x(base.value)} x2={x(score.value)} y1={y} y2={y} class="range" />
              ))}
              {beside.null_mean !== null && tick(beside.null_mean, y)}
              {beside.ceiling !== null && [-1.5, 1.5].map((shift) => tick(beside.ceiling!, y, shift))}
              {own.map((score) => score.low !== null && score.high !== null && (
                <line x1={x(score.low)} x2={x(score.high)} y1={y + 7} y2={y + 7} class={`whisker ${score.variant === "base" ? "dashed" : ""}`} />
              ))}
              {own.map((score) => <Mark key={score.variant} score={score} x={x(score.value)} y={y} overview={overview} />)}
            </g>
          );
        })}
        {[lowest, (lowest + highest) / 2, highest].map((value, place) => (
          <text x={x(value)} y={height - 6} text-anchor={["start", "middle", "end"][place]}>{value.toFixed(2)}</text>
        ))}
      </svg>
    </figure>
  );
}

/** Random weights below the others, so that what was trained can be reached. */
function rank({ variant }: Score): number {
  return variant === "random" ? 0 : variant === "base" ? 1 : 2;
}

/** Address of the concepts of a score, where this page has them. */
function conceptsAt(score: Score, overview: Overview): string | undefined {
  const { model, variant, side, source, target, layer, metric } = score;
  const pair = `${source}-${target}`;
  if (score.definition !== overview.definition || !overview.pairs.includes(pair)) return undefined;
  return address("concepts", { pair, run: `${model}/${variant}/${side}`, layer, metric });
}

function Mark({ score, x, y, overview }: { score: Score; x: number; y: number; overview: Overview }) {
  const { variant, layer, value, low, high } = score;
  const label = `layer ${layer}, ${variant}: ${value.toFixed(3)}` + (low !== null && high !== null ? `, 95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}` : "");
  const mark = (
    <>
      <title>{label}</title>
      {variant === "random" ? (
        // A little above the line, so that no other mark hides it.
        <path d={`M${x - 4} ${y - 10}l8 8m0 -8l-8 8`} class="cross" />
      ) : (
        <circle cx={x} cy={y} r="4.5" class={variant === "base" ? "hollow" : "point"} />
      )}
    </>
  );
  const href = conceptsAt(score, overview);
  return href ? <a href={href} aria-label={label}>{mark}</a> : <g role="img" aria-label={label}>{mark}</g>;
}

const COLUMNS = ["model", "side", "variant", "source", "target", "layer", "value", "low", "high", "null_mean", "ceiling"] as const;
const HEADS = ["Model", "Side", "Variant", "From", "To", "Layer", "Score", "95 % interval", "Chance", "Ceiling"];

function ScoreRows({ scores }: { scores: Score[] }) {
  const three = (value: number | null) => (value === null ? "–" : value.toFixed(3));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Scores by layer">
      <table>
        <thead><tr>{HEADS.map((head) => <th scope="col">{head}</th>)}</tr></thead>
        <tbody>
          {scores.map((score) => (
            <tr>
              <th scope="row">{score.model}</th><td>{score.side}</td><td>{score.variant}</td><td>{score.source}</td><td>{score.target}</td>
              <td class="number">{score.layer}</td><td class="number">{three(score.value)}</td>
              <td class="number">{score.low === null ? "–" : `${three(score.low)} to ${three(score.high)}`}</td>
              <td class="number">{three(score.null_mean)}</td><td class="number">{three(score.ceiling)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function table(scores: Score[]): (string | number | null)[][] {
  const names = ["metric", "definition", ...COLUMNS] as const;
  return [[...names], ...scores.map((score) => names.map((name) => score[name]))];
}
