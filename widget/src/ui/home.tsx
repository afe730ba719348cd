// The list of talks; for members also people, rooms, and what they say of themselves. Loaded by those who need it.
import { useRef, useState } from "preact/hooks";
import type { Contact, Outcome, OwnState, Talk } from "../engine/types";
import type { MoreTexts } from "../languages";
import { Avatar, Head } from "./head";
import css from "./home.css?inline";
import { roving } from "./keys";
import { happened } from "./line";
import button from "./main.css?inline";
import { type Choice, Menu } from "./menu";
import type { PaneProps } from "./panel";
import { explain } from "./problems";
import { brief } from "./times";
import { say, stateName, styled, titleOf, type View } from "./view";

const OWN_STATES: readonly OwnState[] = ["available", "away", "extended-away", "busy", "invisible"];

function preview(view: View, talk: Talk): string {
  const item = talk.items.at(-1);
  if (!item) return talk.room?.topic ?? "";
  if (item.kind === "event") return happened(view, item);
  const who = item.mine ? say(view, "you") : talk.kind === "person" ? "" : item.name;
  return who ? `${who}: ${item.body}` : item.body;
}

function TalkEntry({ view, talk, first }: { view: View; talk: Talk; first: boolean }) {
  const title = titleOf(view, talk);
  return (
    <li>
      <button
        type="button"
        class="entry"
        part="entry"
        data-stop
        tabIndex={first ? 0 : -1}
        onClick={() => view.show(talk.key)}
      >
        <Avatar name={title} state={talk.room ? undefined : view.state.presence[talk.key]?.state} />
        <span class="what">
          <strong>
            <bdi>{title}</bdi>
          </strong>
          <small>
            <bdi>{preview(view, talk)}</bdi>
          </small>
        </span>
        <span class="side">
          {talk.last > 0 && <time>{brief(view.language, talk.last, Date.now())}</time>}
          {talk.unread > 0 && (
            <span class="count">
              <span aria-hidden="true">{talk.unread > 99 ? "99+" : talk.unread}</span>
              <span class="unseen">{say(view, "unreadHere", { n: talk.unread })}</span>
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

function Talks({ view, talks, none }: { view: View; talks: readonly Talk[]; none: keyof MoreTexts }) {
  if (!talks.length) return <p class="empty">{say(view, none)}</p>;
  return (
    <ul onKeyDown={(event) => roving(event, "vertical")}>
      {talks.map((talk, index) => (
        <TalkEntry key={talk.key} view={view} talk={talk} first={!index} />
      ))}
    </ul>
  );
}

function Asking({ view, contact }: { view: View; contact: Contact }) {
  const { engine } = view;
  return (
    <div class="asking">
      <p>{say(view, "asks", { name: contact.name })}</p>
      <button type="button" class="main" part="button" onClick={() => void engine.approve(contact.key)}>
        {say(view, "approve")}
      </button>
      <button type="button" class="plain" onClick={() => void engine.refuse(contact.key)}>
        {say(view, "refuse")}
      </button>
    </div>
  );
}

function ContactEntry({ view, contact, first }: { view: View; contact: Contact; first: boolean }) {
  const { engine } = view;
  const presence = view.state.presence[contact.key];
  const state = presence?.state ?? "offline";
  const under = contact.blocked
    ? say(view, "blocked")
    : contact.asking
      ? say(view, "asked")
      : [stateName(view, state), presence?.text].filter(Boolean).join(" · ");
  const choices: Choice[] = [
    contact.blocked
      ? { text: say(view, "unblock"), run: () => void engine.unblock(contact.key) }
      : { text: say(view, "block"), run: () => void engine.block(contact.key) },
    { text: say(view, "remove"), run: () => void engine.removeContact(contact.key) },
  ];
  return (
    <li class="contact">
      <button
        type="button"
        class="entry"
        part="entry"
        data-stop
        tabIndex={first ? 0 : -1}
        onClick={() => view.show(engine.open(contact.key))}
      >
        <Avatar name={contact.name} state={state} />
        <span class="what">
          <strong>
            <bdi>{contact.name}</bdi>
          </strong>
          <small>
            <bdi>{under}</bdi>
          </small>
        </span>
      </button>
      <Menu view={view} choices={choices} label={`${say(view, "menu")}: ${contact.name}`} />
    </li>
  );
}

function People({ view }: { view: View }) {
  const { contacts, presence } = view.state;
  const rank = (contact: Contact) =>
    contact.blocked ? 2 : (presence[contact.key]?.state ?? "offline") === "offline" ? 1 : 0;
  const listed = contacts
    .filter((contact) => !contact.asked || contact.subscription !== "none" || contact.asking)
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, view.language));
  const asking = contacts.filter((contact) => contact.asked);
  return (
    <>
      {asking.map((contact) => (
        <Asking key={contact.key} view={view} contact={contact} />
      ))}
      {listed.length ? (
        <ul onKeyDown={(event) => roving(event, "vertical")}>
          {listed.map((contact, index) => (
            <ContactEntry key={contact.key} view={view} contact={contact} first={!index} />
          ))}
        </ul>
      ) : (
        !asking.length && <p class="empty">{say(view, "noPeople")}</p>
      )}
    </>
  );
}

/** One name and a button: a person to add, a room to join. */
function Adding(props: {
  view: View;
  label: keyof MoreTexts;
  hint: keyof MoreTexts;
  button: keyof MoreTexts;
  add(name: string): Outcome;
}) {
  const { view } = props;
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const submit = async () => {
    if (!name.trim()) return;
    const refused = await props.add(name.trim());
    setProblem(refused ? explain(view, refused) : "");
    if (!refused) setName("");
  };
  return (
    <form
      class="adding"
      part="form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <input
        class="input"
        part="input"
        aria-label={say(view, props.label)}
        placeholder={say(view, props.hint)}
        autocomplete="off"
        autocapitalize="off"
        maxLength={200}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" class="main" part="button">
        {say(view, props.button)}
      </button>
      {problem && (
        <p class="failure" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

const TABS = ["talks", "people", "rooms"] as const;

export function Home({ view }: PaneProps) {
  styled(view, button);
  styled(view, css);
  const { engine, state, shell } = view;
  const [tab, setTab] = useState<(typeof TABS)[number]>("talks");
  const tabs = useRef<HTMLDivElement>(null);
  const { me } = state;
  const member = me !== null && !me.visitor;
  const talks = [...view.talks].sort((a, b) => b.last - a.last || a.title.localeCompare(b.title));
  const choices: Choice[] = member ? [{ text: say(view, "signOut"), run: () => void view.signOut() }] : [];
  const title = member ? me.name || me.nick : shell.options.title || say(view, "title");
  const asked = state.contacts.filter((contact) => contact.asked).length;

  const join = async (name: string) => {
    const room = name.startsWith("#") ? name : `#${name}`;
    const refused = await engine.join(room);
    if (!refused) view.show(engine.open(room));
    return refused;
  };

  return (
    <>
      <Head
        view={view}
        title={title}
        choices={choices}
        avatar={<Avatar name={title} picture={member ? "" : shell.options.avatar} state={me?.presence.state} />}
      >
        {member && (
          <select
            class="presence-choice"
            aria-label={say(view, "myPresence")}
            value={me.presence.state}
            onChange={(event) => void engine.setPresence(event.currentTarget.value as OwnState)}
          >
            {OWN_STATES.map((own) => (
              <option key={own} value={own}>
                {stateName(view, own)}
              </option>
            ))}
          </select>
        )}
      </Head>
      {member && (
        <div
          class="tabs"
          role="tablist"
          ref={tabs}
          onKeyDown={(event) => {
            roving(event, "horizontal");
            const now = (event.currentTarget.getRootNode() as ShadowRoot).activeElement;
            const chosen = TABS.find((name) => now?.id === `imd-tab-${name}`);
            if (chosen) setTab(chosen);
          }}
        >
          {TABS.map((name) => (
            <button
              type="button"
              key={name}
              id={`imd-tab-${name}`}
              role="tab"
              aria-selected={tab === name}
              aria-controls="imd-home"
              tabIndex={tab === name ? 0 : -1}
              onClick={() => setTab(name)}
            >
              {say(view, name)}
              {name === "people" && asked > 0 && <span class="count">{asked}</span>}
            </button>
          ))}
        </div>
      )}
      <div class="home" id="imd-home" {...(member && { role: "tabpanel", "aria-labelledby": `imd-tab-${tab}` })}>
        {(!member || tab === "talks") && <Talks view={view} talks={talks} none="noTalks" />}
        {member && tab === "people" && <People view={view} />}
        {member && tab === "rooms" && <Talks view={view} talks={talks.filter((talk) => talk.room)} none="noRooms" />}
      </div>
      {member && tab === "people" && (
        <Adding view={view} label="addPerson" hint="personName" button="add" add={(name) => engine.addContact(name)} />
      )}
      {member && tab === "rooms" && <Adding view={view} label="joinRoom" hint="roomName" button="join" add={join} />}
    </>
  );
}
