// What the test runner wrote as JSON, in one line: `N passed, N failed, N skipped`. A file that could not be loaded counts as one failure.
import { readFileSync } from "node:fs";

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const unloaded = testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.every((one) => one.status !== "failed")).length;
console.log(`${numPassedTests} passed, ${numFailedTests + unloaded} failed, ${numPendingTests + numTodoTests} skipped`);
