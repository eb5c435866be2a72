// Every state of the page is an address: #view?key=value&...
import { useEffect, useState } from "preact/hooks";

export const VIEWS = ["answer", "concepts", "concept", "word", "compare", "audit"] as const;
export type View = (typeof VIEWS)[number];
/** `unknown` is what an address asks for that is no view. */
export interface Route { view: View; at: Record<string, string>; unknown: string }

export function readRoute(hash: string): Route {
  const [view, rest] = hash.replace(/^#/, "").split("?", 2);
  const known = (VIEWS as readonly string[]).includes(view);
  return {
    view: known ? (view as View) : "answer",
    at: Object.fromEntries(new URLSearchParams(rest ?? "")),
    unknown: known ? "" : view,
  };
}

export function address(view: View, at: Record<string, string | number | undefined>): string {
  const given = Object.entries(at).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return `#${view}?${query.toString().replaceAll("%2F", "/")}`;
}

export function go(hash: string, replace = false): void {
  if (!replace) location.hash = hash;
  else {
    history.replaceState(null, "", hash);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const changed = () => setRoute(readRoute(location.hash));
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return route;
}
