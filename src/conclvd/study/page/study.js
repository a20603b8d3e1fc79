// The study's page. Whatever comes from the study is shown as text (textContent), never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);
const HOLD = 500; // milliseconds between the end and the next beginning

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let code = sessionStorage.getItem("code") ?? "";
let session = null; // what the server asks this participant
let place = 0; // of the question that is shown
let row = 0; // the criterion that the keys answer
let sending = Promise.resolve(); // answers travel one after the other

const words = () => WORDS[language];
const asked = () => session.questions[place];

// --- talking to the server -----------------------------------------------------------------------

async function ask(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error(words().away);
  }
  const value = await answer.json();
  const ownWords = path === "/api/session" && answer.status === 400 && words().refused;
  if (!answer.ok) throw new Error(ownWords || value.error);
  return value;
}

async function enter(typed) {
  session = await ask("/api/session", { code: typed });
  code = typed;
  sessionStorage.setItem("code", code);
  const open = session.questions.findIndex((question) => !complete(question));
  if (open < 0) return show("thanks");
  go(open);
}

function complete(question) {
  return session.criteria.every((criterion) => criterion in question.answers);
}

function answer(criterion, value) {
  const question = asked();
  const body = { code, question: place, criterion, value };
  const before = question.answers[criterion];
  question.answers[criterion] = value;
  sending = sending.then(() => ask("/api/answer", body)).catch((error) => {
    if (before === undefined) delete question.answers[criterion];
    else question.answers[criterion] = before;
    tell(error.message);
    showAnswers();
  });
  const open = session.criteria.findIndex((name) => !(name in question.answers));
  row = open < 0 ? session.criteria.indexOf(criterion) : open;
  tell("");
  showAnswers();
}

// --- showing -------------------------------------------------------------------------------------

function tell(text) {
  $("message").textContent = text;
  $("message").hidden = !text;
}

function show(part) {
  for (const id of ["welcome", "question", "thanks"]) $(id).hidden = id !== part;
  $("place").hidden = part === "welcome";
  if (part !== "question") $("stage").replaceChildren();
  if (part === "welcome") $("code").focus();
  showProgress();
}

function showProgress() {
  if (!session) return;
  const all = session.questions.length;
  $("progress").max = all;
  $("progress").value = session.questions.filter(complete).length;
  $("count").textContent = $("question").hidden ? "" : `${place + 1} / ${all}`;
}

function go(to) {
  place = to;
  tell("");
  const open = session.criteria.findIndex((name) => !(name in asked().answers));
  row = Math.max(0, open);
  show("question");
  showVideos();
  showWords();
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function showWords() {
  const say = words();
  document.documentElement.lang = language;
  for (const part of document.querySelectorAll("[data-word]")) part.textContent = say[part.dataset.word];
  $("language").textContent = say.other;
  $("language").lang = language === "en" ? "zh" : "en";
  if (!session || $("question").hidden) return;
  $("back").textContent = say.back;
  $("back").disabled = place === 0;
  $("next").textContent = place + 1 === session.questions.length ? say.finish : say.next;
  showPrompt();
  showRows();
  const keys = session.mode === "pairs" ? say.keysPairs : say.keysRatings;
  $("keys").replaceChildren(...keys.map(([cap, text]) => {
    const key = element("span");
    key.append(element("kbd", "", cap), ` ${text}`);
    return key;
  }));
}

function showPrompt() {
  const say = words();
  const question = asked();
  const chinese = language === "zh" && question.prompt_zh;
  $("prompt").className = question.check ? "check" : "";
  $("prompt").replaceChildren(
    element("small", "", question.check ? say.check : say.prompt),
    element("span", "", question.check ? choiceWord(question.check)
      : chinese ? question.prompt_zh : question.prompt));
}

function choiceWord(choice) {
  return session.mode === "pairs" ? words()[choice] : words().ratings[Number(choice) - 1];
}

function showRows() {
  const told = session.mode === "pairs" ? words().pairs : words().rated;
  $("rows").replaceChildren(...session.criteria.map((criterion, number) => {
    const line = element("fieldset");
    line.dataset.criterion = criterion;
    const [name, what] = told[criterion];
    const legend = element("legend");
    legend.append(element("b", "", name), element("span", "", what));
    const choices = element("div", "choices");
    for (const choice of session.choices) {
      const button = element("button", "", choiceWord(choice));
      button.type = "button";
      button.dataset.choice = choice;
      button.addEventListener("click", () => answer(criterion, choice));
      choices.append(button);
    }
    line.append(legend, choices);
    line.addEventListener("focusin", () => { row = number; showAnswers(); });
    return line;
  }));
  showAnswers();
}

function showAnswers() {
  const question = asked();
  [...$("rows").children].forEach((line, number) => {
    line.classList.toggle("current", number === row);
    for (const button of line.querySelectorAll("button")) {
      const chosen = question.answers[line.dataset.criterion] === button.dataset.choice;
      button.setAttribute("aria-pressed", String(chosen));
    }
  });
  $("next").classList.toggle("ready", complete(question));
  showProgress();
}

// --- the videos, in step -------------------------------------------------------------------------

const videos = () => [...$("stage").children].map((figure) => figure.querySelector("video"));

function showVideos() {
  const many = asked().videos.length > 1;
  $("stage").className = many ? "two" : "one";
  $("stage").style.setProperty("--ratio", session.ratio);
  $("stage").replaceChildren(...asked().videos.map((id, number) => {
    const figure = element("figure");
    const video = element("video");
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.src = `/videos/${id}.mp4`;
    video.addEventListener("canplaythrough", beginTogether);
    video.addEventListener("ended", loopTogether);
    video.addEventListener("error", () => tell(words().broken));
    figure.append(video);
    if (many) figure.append(element("figcaption", "", String(number + 1)));
    return figure;
  }));
}

function beginTogether() { // once both can play to their end
  const all = videos();
  if (all.every((video) => video.readyState >= 4 && video.currentTime === 0 && !video.dataset.begun)) {
    for (const video of all) video.dataset.begun = "yes";
    play();
  }
}

function loopTogether() { // the shorter one waits for the longer one
  const all = videos();
  if (!all.every((video) => video.ended)) return;
  setTimeout(() => {
    if (all[0] !== videos()[0]) return; // another question
    for (const video of all) video.currentTime = 0;
    play();
  }, HOLD);
}

function play() {
  for (const video of videos()) video.play().catch(() => {});
}

function playOrPause() {
  const going = videos().filter((video) => !video.ended);
  if (going.some((video) => !video.paused)) going.forEach((video) => video.pause());
  else going.forEach((video) => video.play().catch(() => {}));
}

// --- doing ---------------------------------------------------------------------------------------

async function next() {
  await sending;
  if (!complete(asked())) {
    if ($("message").hidden) tell(words().unanswered);
    return;
  }
  if (place + 1 < session.questions.length) return go(place + 1);
  const open = session.questions.findIndex((question) => !complete(question));
  if (open >= 0) return go(open);
  tell("");
  show("thanks");
}

const back = () => place > 0 && go(place - 1);

function move(by) {
  row = Math.min(session.criteria.length - 1, Math.max(0, row + by));
  showAnswers();
}

const PAIR_KEYS = { 1: "left", 2: "right", "=": "equal", 0: "equal", ArrowLeft: "left", ArrowRight: "right" };

function choiceOf(key) {
  const choice = session.mode === "pairs" ? PAIR_KEYS[key] : key;
  return session.choices.includes(choice) ? choice : null;
}

const KEYS = {
  Enter: next,
  Backspace: back,
  ArrowUp: () => move(-1),
  ArrowDown: () => move(1),
  " ": playOrPause,
};

document.addEventListener("keydown", (event) => {
  if ($("question").hidden || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (document.activeElement?.matches("button") && [" ", "Enter"].includes(event.key)) return; // its own
  const choice = choiceOf(event.key);
  const act = choice ? () => answer(session.criteria[row], choice) : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  if (!event.repeat) act();
});

$("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  await enter($("code").value).catch((error) => tell(error.message));
});
$("next").addEventListener("click", () => { $("next").blur(); next(); });
$("back").addEventListener("click", () => { $("back").blur(); back(); });
$("again").addEventListener("click", () => go(0));
$("leave").addEventListener("click", () => {
  sessionStorage.removeItem("code");
  session = null;
  code = $("code").value = "";
  show("welcome");
});
$("language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem("language", language);
  $("language").blur();
  showWords();
});

showWords();
if (code) enter(code).catch((error) => { show("welcome"); tell(error.message); });
else show("welcome");
