// Parts that most people do not need are fetched when somebody does.
import { useEffect, useState } from "preact/hooks";

/** What `load` brings, once it is `wanted` and there. Tried again when it is wanted again. */
export function useLater<Part>(load: () => Promise<Part>, wanted = true): Part | null {
  const [part, setPart] = useState<{ readonly part: Part } | null>(null);
  useEffect(() => {
    if (wanted && !part) void load().then((loaded) => setPart({ part: loaded }), reportError);
  }, [wanted]);
  return part?.part ?? null;
}
