// What goes to the server: one edit behind another, in the order of the keys.

export async function ask(path, body) {
  const how = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, how);
  } catch {
    throw new Error("the server does not answer; is `conclvd dataset annotate` still running?");
  }
  const value = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(value.error), { status: answer.status });
  return value;
}

let last = Promise.resolve();
let waiting = 0;

// Does `act` when the edits before it are done; nobody waits for it but its caller.
export function inOrder(act) {
  waiting += 1;
  showSaved();
  const done = last.then(act).finally(() => {
    waiting -= 1;
    showSaved();
  });
  last = done.catch(() => {});
  return done;
}

export function sending() {
  return waiting > 0;
}

function showSaved() {
  document.getElementById("saved").textContent = waiting ? "saving …" : "all saved";
}
