// What the words of the field mean, told where they are used.
import type { ComponentChildren } from "preact";
import type { Overview } from "./data";

type Term =
  | "concept" | "calign" | "colap" | "definition" | "matched" | "near" | "stability" | "sentence" | "class" | "chance"
  | "ceiling" | "random" | "interval" | "shape" | "wilson";

function meaning(term: Term, { calign, colap, definition }: Overview): [string, ComponentChildren] {
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  switch (term) {
    case "concept":
      return ["Concept", "a cluster of words whose vectors lie close together in a layer of the model."];
    case "calign":
      return ["CALIGN", <>
        share of the concepts of the first language that <em>align</em>: more than {calign.min_types} word types, and a
        concept of the other language of fitting size holds a translation of {definition === "corrected" ? "at least" : "more than"}{" "}
        {percent(calign.match)} of them. Each language is clustered alone.
      </>];
    case "colap":
      return ["COLAP", <>
        share of the concepts that <em>overlap</em>: each language has {definition === "corrected" ? "at least" : "more than"}{" "}
        {percent(colap.share)} of the concept’s words. Both languages are clustered together. It says that languages mix, not
        that the words mean the same.
      </>];
    case "definition":
      return ["Published, corrected", <>
        two ways to compute either score. <em>Published</em> is what the code of the paper computes. <em>Corrected</em> repairs
        its biases, and scores CALIGN in both directions. The concepts here are those of the {definition} one.
      </>];
    case "matched":
      return ["Matched", `word types with a translation on the other side, of the first ${calign.n} of the dictionary learnt from the parallel text.`];
    case "near":
      return ["Near miss", "reaches three quarters of the share that is asked for, but not the whole."];
    case "stability":
      return ["Stability", "how far a concept comes back when the clustering starts from other seeds: the mean, over these seeds, of the share of words in common with the most similar concept (Jaccard index). 100 % is the same words; – where the study has one seed."];
    case "sentence":
      return ["Commonest sentence", "share of the concept’s words of the first language that stand in one sentence; where it is high, the concept is a sentence rather than a meaning."];
    case "class":
      return ["Mostly", "the class that most words of the concept are of (of CALIGN those of the first language), and their share. Names have a capital inside sentences in both languages; spelt alike are types that both languages have; other is none of these, so ordinary words."];
    case "chance":
      return ["Chance", "mean score where translations (CALIGN) or languages (COLAP) are permuted at random."];
    case "ceiling":
      return ["Ceiling", "about the most that can be reached: of CALIGN the score of the first language against itself under another seed, of COLAP what the numbers of words allow."];
    case "random":
      return ["Random weights", "the same model before any training: what its shape and its tokenizer alone give."];
    case "interval":
      return ["95 % interval", "over the seeds of the clustering and over samples of the sentences, for this model and pair."];
    case "shape":
      return ["Split, merged", "each concept is followed to the one that shares most words with it (Jaccard index). Split: no concept holds more than half of its words. Merged: the one that does is mostly other words."];
    case "wilson":
      return ["Wilson interval", "95 % interval of the share of convincing concepts among all that align here, from those labelled so far, as if these were drawn at random."];
  }
}

/** The terms of a view, to unfold. */
export function Terms({ overview, of }: { overview: Overview; of: Term[] }) {
  return (
    <details class="terms">
      <summary>What the words mean</summary>
      <dl>
        {of.map((term) => {
          const [name, text] = meaning(term, overview);
          return <div key={term}><dt>{name}</dt><dd>{text}</dd></div>;
        })}
      </dl>
    </details>
  );
}
