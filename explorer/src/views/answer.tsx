// The claims, and scores by layer from base to fine-tuned.
import { Choice, type Shown } from "../common";
import { type Claim, type Score, scoresOf } from "../data";
import { address } from "../route";

export function Answer({ overview, at, here }: Shown) {
  const { claims, notes } = overview.claims;
  const metric = at.metric;
  const scores = scoresOf(overview).filter(
    (score) => score.metric === metric && score.over === "all" && score.seed === null,
  );
  const panels = new Map<string, Score[]>();
  for (const score of scores) {
    const name = `${score.model}, ${score.side}, ${score.source}–${score.target}`;
    panels.set(name, [...(panels.get(name) ?? []), score]);
  }
  return (
    <section>
      <h1>What {overview.name} says of the three claims</h1>
      {notes.map((note) => <p class="warning">{note}</p>)}
      <ClaimList claims={claims.filter(({ definition }) => definition === overview.definition)} />
      <details>
        <summary>The same under the other definition</summary>
        <ClaimList claims={claims.filter(({ definition }) => definition !== overview.definition)} />
      </details>
      <h2>Scores by layer</h2>
      <p class="tools">
        <Choice label="Metric" value={metric} options={[["calign", "CALIGN"], ["colap", "COLAP"]]} href={(value) => here({ metric: value })} />
      </p>
      <p class="note">
        ○ base, ● fine-tuned, × random weights; | what chance gives{metric === "calign" && ", ‖ about the most that can be reached"}.
        Each mark leads to its concepts.
      </p>
      <div class="panels">
        {[...panels].map(([name, rows]) => <Panel key={name} name={name} rows={rows} metric={metric} />)}
      </div>
    </section>
  );
}

function ClaimList({ claims }: { claims: Claim[] }) {
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
                <Interval claim={claim} />
                <Strip claim={claim} />
              </li>
            ))}
          </ul>
        </>
      ))}
    </>
  );
}

/** At how many of the swept settings the verdict is the same. */
function Strip({ claim: { n_settings, n_same } }: { claim: Claim }) {
  if (!n_settings) return null;
  const label = `the same verdict at ${n_same} of ${n_settings} swept settings`;
  const width = 200 / n_settings;
  return (
    <svg viewBox="0 0 200 20" class="interval" role="img" aria-label={label}>
      <title>{label}</title>
      {Array.from({ length: n_settings }, (_, place) => (
        <rect x={place * width + 0.5} y={place < n_same ? 4 : 10} width={width - 1} height={place < n_same ? 12 : 6} class={place < n_same ? "point" : "hollow"} />
      ))}
    </svg>
  );
}

/** An effect with its interval on an axis that has 0 in it. */
function Interval({ claim }: { claim: Claim }) {
  const { effect, low, high } = claim;
  if (effect === null) return null;
  const reach = Math.max(0.05, ...[effect, low, high].map((value) => Math.abs(value ?? 0))) * 1.1;
  const x = (value: number) => 100 + (value / reach) * 95;
  const label = `effect ${effect.toFixed(3)}` + (low !== null && high !== null ? `, interval ${low.toFixed(3)} to ${high.toFixed(3)}` : ", no interval");
  return (
    <svg viewBox="0 0 200 20" class="interval" role="img" aria-label={label}>
      <line x1="0" x2="200" y1="10" y2="10" class="axis" />
      <line x1="100" x2="100" y1="3" y2="17" class="axis" />
      {low !== null && high !== null && <line x1={x(low)} x2={x(high)} y1="10" y2="10" class="range" />}
      <circle cx={x(effect)} cy="10" r="4" class="point" />
      <title>{label}</title>
    </svg>
  );
}

const ROW = 22;
const LEFT = 30;
const WIDTH = 340;

function Panel({ name, rows, metric }: { name: string; rows: Score[]; metric: string }) {
  const layers = [...new Set(rows.map(({ layer }) => layer))].sort((a, b) => a - b);
  const highest = Math.max(0.01, ...rows.flatMap(({ value, ceiling, null_mean }) => [value, ceiling ?? 0, null_mean ?? 0])) * 1.05;
  const x = (value: number) => LEFT + (value / highest) * (WIDTH - LEFT - 8);
  const height = layers.length * ROW + 26;
  return (
    <figure>
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="group" aria-label={name}>
        {layers.map((layer, row) => {
          const y = row * ROW + ROW / 2;
          const own = rows.filter((score) => score.layer === layer);
          const base = own.find(({ variant }) => variant === "base");
          return (
            <g key={layer}>
              <text x="2" y={y + 4}>{layer}</text>
              <line x1={LEFT} x2={WIDTH - 8} y1={y} y2={y} class="axis faint" />
              {base && own.filter(({ variant }) => variant !== "base" && variant !== "random").map((score) => (
                <line x1={x(base.value)} x2={x(score.value)} y1={y} y2={y} class="range" />
              ))}
              {base && base.null_mean !== null && <line x1={x(base.null_mean)} x2={x(base.null_mean)} y1={y - 6} y2={y + 6} class="axis" />}
              {base && base.ceiling !== null && metric === "calign" && [-1.5, 1.5].map((shift) => (
                <line x1={x(base.ceiling!) + shift} x2={x(base.ceiling!) + shift} y1={y - 6} y2={y + 6} class="axis" />
              ))}
              {own.map((score) => <Mark key={score.variant} score={score} x={x(score.value)} y={y} />)}
            </g>
          );
        })}
        {[0, highest / 2, highest].map((value) => (
          <text x={Math.min(x(value), WIDTH - 24)} y={height - 6} class="tick">{value.toFixed(2)}</text>
        ))}
      </svg>
    </figure>
  );
}

function Mark({ score, x, y }: { score: Score; x: number; y: number }) {
  const { model, variant, side, source, target, layer, metric, value } = score;
  const href = address("concepts", { pair: `${source}-${target}`, run: `${model}/${variant}/${side}`, layer, metric });
  const label = `layer ${layer}, ${variant}: ${value.toFixed(3)}`;
  return (
    <a href={href} aria-label={label}>
      <title>{label}</title>
      {variant === "random" ? (
        <path d={`M${x - 4} ${y - 4}l8 8m0 -8l-8 8`} class="cross" />
      ) : (
        <circle cx={x} cy={y} r="4.5" class={variant === "base" ? "hollow" : "point"} />
      )}
    </a>
  );
}
