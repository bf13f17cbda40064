// An application that knows nothing of Lambda, behind the adapter that makes events of it.
import express from "express";
import serverless from "serverless-http";
const app = express();
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.get("/pets/:name", (request, response) => response.cookie("seen", request.params.name, { httpOnly: true }).json({ name: request.params.name, query: request.query, ip: request.ip }));
app.post("/echo", (request, response) => response.status(201).set("x-type", request.get("content-type")).json(request.body));
app.get("/picture", (_request, response) => response.type("png").send(Buffer.from([137, 80, 78, 71, 0, 255])));
app.get("/away", (_request, response) => response.redirect("/pets/rex"));
app.get("/broken", () => { throw new Error("broken"); });
export const handler = serverless(app, { binary: ["image/png"] });
