/**
 * The program, to be bundled for Node: it prints what was found.
 * @module
 */
import * as core from "../../lib/core.ts";
import { program } from "./program.ts";

await core.tf.setBackend("cpu");
console.log(JSON.stringify(await program(core)));
