import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { clientCommand, type Exit } from "../command.ts";
import { tableLines } from "../output.ts";
import { callPlatform } from "../platform-client.ts";

interface Listed {
  id: number;
  at: string;
  from: string;
  to: string;
  subject: string;
}

export const addMail = (program: Command, exit: Exit): void => {
  const command = program.command("mail").description("mail that topics would have sent: it is kept here, and its links work").argument("[id]", "show this one; without it all are listed, newest first");
  clientCommand(command, exit, async ({ out, client }, id) => {
    if (id !== undefined && !/^\d{1,15}$/.test(id)) throw new CliError("NOT_FOUND", `${id} is no mail's id`, { why: "mail is numbered", actions: ["see what there is: lambdad mail"] });
    if (id !== undefined) {
      const { status, body } = await callPlatform(client, "GET", `mail/${id}`, undefined, [404]);
      if (status === 404) throw new CliError("NOT_FOUND", `there is no mail ${id}`, { why: "only the newest are kept, and for two weeks", actions: ["see what there is: lambdad mail"] });
      const mail = body as Listed & { body: string };
      if (!out.isJson) for (const line of [`From: ${mail.from}`, `To: ${mail.to}`, `Date: ${mail.at}`, `Subject: ${mail.subject}`, "", ...mail.body.trimEnd().split("\n")]) out.line(line);
      out.succeed({ mail });
      return {};
    }
    const { mails } = (await callPlatform(client, "GET", "mail")).body as { mails: Listed[] };
    if (!out.isJson) {
      if (mails.length === 0) out.note("there is none: it comes with a subscription of the protocol email");
      else for (const line of tableLines([["ID", "AT", "TO", "SUBJECT"], ...mails.map((one) => [String(one.id), one.at, one.to, one.subject])])) out.line(line);
    }
    out.succeed({ mails });
    return {};
  });
};
