import type { RuntimeLanguage } from "./runtimes.ts";

/** What the loader, libc, or a library that every runtime has, looks at when a program starts, and never again. */
const AT_EVERY_START = /^(LD_|LC_|LANG$|LANGUAGE$|LOCPATH$|MUSL_LOCPATH$|GCONV_PATH$|MALLOC_|GLIBC_|OPENSSL_|AWS_LAMBDA_EXEC_WRAPPER$)/;
/** The same of Node.js, with libuv and ICU; the three are looked at whenever they are needed. */
const AT_START_OF_NODE = /^(NODE_(?!ENV$|PATH$|TLS_REJECT_UNAUTHORIZED$)|UV_|ICU_)/;
const AT_START_OF_PYTHON = /^PYTHON/;

const AT_START: Partial<Readonly<Record<RuntimeLanguage, RegExp>>> = { nodejs: AT_START_OF_NODE, python: AT_START_OF_PYTHON };

/** Whether a program of the runtime that was started without these variables of the function is the same as one that was started with them. */
export const canBeWoken = (language: RuntimeLanguage, environment: Readonly<Record<string, string>>): boolean =>
  !Object.keys(environment).some((name) => AT_EVERY_START.test(name) || AT_START[language]?.test(name) === true);
