import { begin } from "../../src/loader/api";

const { scene = "talk", ...given } = Object.fromEntries(new URLSearchParams(location.search));
const targets: Record<string, object> = {
  room: { agents: "", room: "help" },
  member: { agents: "" },
  home: { agents: "sales support", room: "help" },
};
begin(location.origin, { agents: "sales", ...targets[scene], ...given });
