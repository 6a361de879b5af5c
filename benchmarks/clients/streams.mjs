// What the official JavaScript clients, and the AI SDK, make of streams.
//
// Reads one JSON document from stdin: the API, the address, and for each stream its number and the request.  Prints a line of
// JSON for each: what each client made of it, in the words of in_python.py.

import { readFileSync, writeSync } from "node:fs";

const { surface, model, address, tools, rows } = JSON.parse(readFileSync(0, "utf8"));
const PATIENCE = 20_000; // milliseconds; a stream of a few events takes none
const key = "sk-benchmark";

// A client may leave a rejected promise behind while it reports the same error to its caller.
process.on("unhandledRejection", () => {});
// What a client prints by itself is not a result.
console.log = console.info = console.warn = () => {};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function messages(url, body) {
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0, timeout: PATIENCE });
  const final = await client.messages.stream({ model, ...body }).finalMessage();
  const of = (type) => final.content.filter((block) => block.type === type);
  return {
    text: of("text").map((block) => block.text).join(""),
    thinking: of("thinking").map((block) => block.thinking).join(""),
    signature: of("thinking").map((block) => block.signature ?? "").join(""),
    calls: of("tool_use").map((block) => [block.name, block.input]),
    end: final.stop_reason ?? null,
    usage: [final.usage.input_tokens ?? null, final.usage.output_tokens ?? null],
  };
}

async function responses(url, body) {
  const { default: OpenAI } = await import("openai");
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0, timeout: PATIENCE });
  const final = await client.responses.stream({ model, ...body }).finalResponse();
  const calls = final.output.filter((item) => item.type === "function_call");
  return {
    text: final.output_text,
    calls: calls.map((item) => [item.name, parsed(item.arguments)]),
    end: final.status,
    usage: final.usage ? [final.usage.input_tokens ?? null, final.usage.output_tokens ?? null] : null,
  };
}

async function gemini(url, body) {
  const { GoogleGenAI } = await import("@google/genai");
  const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, timeout: PATIENCE } });
  const config = body.tools ? { tools: body.tools } : {};
  const stream = await client.models.generateContentStream({ model, contents: body.contents, config });
  const found = { text: "", thinking: "", calls: [], end: null, usage: null };
  for await (const chunk of stream) {
    const row = chunk.candidates?.[0];
    for (const part of row?.content?.parts ?? []) {
      found[part.thought ? "thinking" : "text"] += part.text ?? "";
      if (part.functionCall) found.calls.push([part.functionCall.name, part.functionCall.args ?? null]);
    }
    found.end = row?.finishReason ?? found.end;
    if (chunk.promptFeedback?.blockReason) found.end = `blocked ${chunk.promptFeedback.blockReason}`;
    const usage = chunk.usageMetadata;
    if (usage) found.usage = [usage.promptTokenCount ?? null, usage.candidatesTokenCount ?? null];
  }
  return found;
}

async function vercelModel(url) {
  if (surface === "messages") {
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model);
  }
  if (surface === "responses") {
    const { createOpenAI } = await import("@ai-sdk/openai");
    return createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses(model);
  }
  const { createGoogleGenerativeAI } = await import("@ai-sdk/google");
  return createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })(model);
}

async function vercel(url, body, base) {
  const { streamText, tool, jsonSchema } = await import("ai");
  const stream = streamText({
    model: await vercelModel(url),
    prompt: base === "tool" ? tools.prompt : tools.count,
    tools: base === "tool" ? { [tools.name]: tool({ inputSchema: jsonSchema(tools.schema) }) } : {},
    maxRetries: 0,
    abortSignal: AbortSignal.timeout(PATIENCE),
    onError: () => {},
  });
  const found = { text: "", thinking: "", calls: [], end: null, usage: null };
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") found.text += part.text;
    if (part.type === "reasoning-delta") found.thinking += part.text;
    if (part.type === "tool-call") {
      if (part.invalid) throw part.error;
      found.calls.push([part.toolName, part.input]);
    }
    if (part.type === "finish") {
      found.end = part.rawFinishReason ?? part.finishReason;
      found.usage = [part.totalUsage.inputTokens ?? null, part.totalUsage.outputTokens ?? null];
    }
  }
  return found;
}

async function made(client, ...how) {
  try {
    return await client(...how);
  } catch (error) {
    const name = error?.name ?? error?.constructor?.name ?? "error";
    return { failed: `${name}: ${error?.message ?? JSON.stringify(error)}`.replace(/\s+/g, " ").slice(0, 160) };
  }
}

const client = { messages, responses, gemini }[surface];
for (const { number, base, body } of rows) {
  const url = `${address}/${number}`;
  const result = { number, js: await made(client, url, body, base), vercel: await made(vercel, url, body, base) };
  writeSync(1, `${JSON.stringify(result)}\n`);
}
process.exit(0);
