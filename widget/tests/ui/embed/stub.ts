// In the app's place: notes what the loader asks of it.
import type { App, Shell } from "../../../src/border";

export const mounted: { shell: Shell; told: string[] }[] = [];

export async function mount(shell: Shell): Promise<App> {
  const told: string[] = [];
  mounted.push({ shell, told });
  return {
    update: async () => void told.push("update"),
    async identify(token) {
      told.push(`identify ${token}`);
      if (token === "bad") throw new Error("refused");
    },
    signOut: async () => void told.push("signOut"),
    destroy: () => void told.push("destroy"),
  };
}
