// A program that was started to wait for its function.
import { begin } from "./wait.mjs";

begin();
