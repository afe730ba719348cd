// What is asked before the first message, and what is left when nobody is there. Fetched when it is needed.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Introduction, Talk } from "../engine/types";
import type { MoreTexts } from "../languages";
import { excess } from "./excess";
import css from "./form.css?inline";
import button from "./main.css?inline";
import { explain } from "./problems";
import { say, styled, type View } from "./view";

type Field = "name" | "email" | "message";
export type Answers = Readonly<Record<Field, string>>;
export type Faults = Readonly<Partial<Record<Field, keyof MoreTexts>>>;

// Something, an @, and a domain with a dot: only a letter sent there proves more.
const EMAIL = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/;

/** What keeps the answers from being sent. `needs`: which fields may not be empty. */
export function faults(answers: Answers, needs: Readonly<Record<Field, boolean>>): Faults {
  const { name, email, message } = answers;
  return {
    ...(needs.name && !name.trim() && { name: "needName" as const }),
    ...((email.trim() ? !EMAIL.test(email.trim()) : needs.email) && { email: "needEmail" as const }),
    ...(needs.message && !message.trim() && { message: "needText" as const }),
  };
}

/** `start`: only who she is. `leave`: a message too, since nobody is there to talk with. */
export function Form({ view, talk, mode }: { view: View; talk: Talk | undefined; mode: "start" | "leave" }) {
  styled(view, button);
  styled(view, css);
  const { engine, state, shell } = view;
  const asked = shell.options.form;
  const leaving = mode === "leave";
  const [answers, setAnswers] = useState<Answers>({
    name: "",
    email: "",
    message: talk ? engine.draft(talk.key) : "",
  });
  const [wrong, setWrong] = useState<Faults>({});
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  // It was fetched after the panel looked for a field to begin at.
  useEffect(() => {
    if (!shell.root.activeElement?.matches(".pane") || matchMedia("(pointer: coarse)").matches) return;
    form.current?.querySelector<HTMLElement>("[data-focus]")?.focus({ preventScroll: true });
  }, []);

  // Who has said it once is not asked again.
  const known = { name: !!state.me?.name, email: !!state.me?.email };
  const member = state.me !== null && !state.me.visitor;
  const fields = (["name", "email"] as const).filter(
    (field) => !member && !known[field] && (leaving || asked[field] !== "none"),
  );
  const needs = {
    name: fields.includes("name") && asked.name === "required",
    email: fields.includes("email") && asked.email === "required",
    message: leaving,
  };

  const submit = async () => {
    if (busy) return;
    const found = faults(answers, needs);
    setWrong(found);
    const [first] = Object.keys(found);
    if (first) {
      form.current?.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
      return;
    }
    const message = answers.message.trim();
    const over = excess(message, state.longest);
    if (over) return setProblem(say(view, "tooLong", { n: over }));
    setBusy(true);
    const introduction: Introduction = Object.fromEntries(
      fields.map((field) => [field, answers[field].trim()]).filter(([, value]) => value),
    );
    const refused = !leaving || Object.keys(introduction).length ? await engine.introduce(introduction) : null;
    setBusy(false);
    setProblem(refused ? explain(view, refused) : "");
    if (refused || !leaving || !talk) return;
    engine.setDraft(talk.key, "");
    engine.send(talk.key, message);
  };

  const row = (field: Field) => {
    const id = `imd-${field}`;
    const fault = wrong[field];
    const properties = {
      id,
      name: field,
      class: "input",
      part: "input",
      dir: "auto" as const,
      value: answers[field],
      required: needs[field],
      "aria-invalid": !!fault,
      "aria-describedby": fault ? `${id}-fault` : undefined,
      "data-focus": true,
      onInput: (event: { currentTarget: { value: string } }) => {
        // Browsers that fill in a form change several fields at once.
        const { value } = event.currentTarget;
        setAnswers((before) => ({ ...before, [field]: value }));
        if (field === "message" && talk) engine.setDraft(talk.key, value);
      },
    };
    return (
      <div class="row" key={field}>
        <label for={id}>
          {say(view, field)} {!needs[field] && <small>({say(view, "optional")})</small>}
        </label>
        {field === "message" ? (
          <textarea {...properties} rows={4} />
        ) : (
          <input
            {...properties}
            type="text"
            inputMode={field === "email" ? "email" : "text"}
            autocomplete={field}
            maxLength={200}
          />
        )}
        {fault && (
          <p class="failure" id={`${id}-fault`}>
            {say(view, fault)}
          </p>
        )}
      </div>
    );
  };

  return (
    <form
      class="form"
      part="form"
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>{say(view, leaving ? "leaveWith" : "startWith")}</p>
      {fields.map(row)}
      {leaving && fields.includes("email") && <p class="note">{say(view, "leaveEmail")}</p>}
      {leaving && row("message")}
      {problem && (
        <p class="failure" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" class="main" part="button" aria-busy={busy}>
        {say(view, leaving ? "leave" : "start")}
      </button>
    </form>
  );
}
