// Signing out, on every page of somebody who is signed in.

import { find } from "./dom.js";
import { post } from "./passkey.js";

find("sign-out")?.addEventListener("click", async () => {
  // Whatever the server says, the front page shows whether somebody is still signed in.
  await post("/sign-out", {}).catch(() => {});
  location.assign("/");
});
