// Loaded into firebase-tools before it starts. Its Auth emulator checks Google's own API description against the
// JSON Schema standard, over and over: 12 of the 16 seconds that it needs on two cores. The description comes with
// the pinned package and is checked when that is made; requests are checked as before. Where the parts named here
// are no longer there, nothing changes but the time.
"use strict";

const { createRequire } = require("node:module");

const program = process.argv[1] ?? "";
if (/firebase(\.js)?$/.test(program)) {
  try {
    const ofFirebase = createRequire(require("node:fs").realpathSync(program));
    const ofValidator = createRequire(ofFirebase.resolve("exegesis"));
    const Ajv = ofValidator("ajv");
    (Ajv.default ?? Ajv).prototype.validateSchema = () => true;
  } catch {
    // Then it starts as slowly as it does by itself.
  }
}
