// Every documented feature of an API, used by its official JavaScript client against the mock gateway.
//
// Reads one JSON document from stdin: the API, the address and key of the gateway.  Prints a line of JSON for each feature: its
// name, and why it failed if it did.

import assert from "node:assert/strict";
import { readFileSync, writeSync } from "node:fs";

const { surface, address, key } = JSON.parse(readFileSync(0, "utf8"));
const COUNT = "Count from 1 to 5";
const COUNTED = "1 2 3 4 5";
const QUESTION = "What is the weather in Paris?";
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const CITY = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const FRUIT = {
  type: "object",
  properties: { name: { type: "string" }, ripe: { type: "boolean" }, seeds: { type: "integer" } },
  required: ["name", "ripe", "seeds"],
  additionalProperties: false,
};

async function all(stream) {
  const found = [];
  for await (const part of stream) found.push(part);
  return found;
}

async function refused(promise, status) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.status, status, `${error}`);
    return true;
  });
}

function fits(text) {
  const value = JSON.parse(text);
  assert.deepEqual(Object.keys(value).sort(), ["name", "ripe", "seeds"]);
}

async function messages() {
  const { default: Anthropic } = await import("@anthropic-ai/sdk");
  const api = new Anthropic({ baseURL: address, apiKey: key, maxRetries: 0 });
  const model = "mock-claude";
  const asked = { model, max_tokens: 100, messages: [{ role: "user", content: COUNT }] };
  const tools = [{ name: "get_weather", description: "Returns the weather.", input_schema: CITY }];
  const question = [{ role: "user", content: QUESTION }];

  async function turn(reply, more) {
    const call = reply.content.find((block) => block.type === "tool_use");
    assert.deepEqual([call.name, call.input], ["get_weather", { city: "Paris" }]);
    const result = { type: "tool_result", tool_use_id: call.id, content: "rain" };
    const turns = [...question, { role: "assistant", content: reply.content }, { role: "user", content: [result] }];
    const last = await api.messages.create({ model, messages: turns, tools, ...more });
    assert.match(last.content.at(-1).text, /rain/);
  }

  const thinking = { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1024 } };
  return {
    "an answer": async () => {
      const reply = await api.messages.create(asked);
      assert.deepEqual([reply.content[0].text, reply.stop_reason], [COUNTED, "end_turn"]);
      assert.ok(reply._request_id);
    },
    "a stream": async () => {
      const pieces = [];
      const final = await api.messages.stream(asked).on("text", (text) => pieces.push(text)).finalMessage();
      assert.equal(pieces.join(""), COUNTED);
      assert.deepEqual([final.content[0].text, final.usage.output_tokens], [COUNTED, 5]);
    },
    "a stream, event by event": async () => {
      const events = await all(await api.messages.create({ ...asked, stream: true }));
      assert.deepEqual([events[0].type, events.at(-1).type], ["message_start", "message_stop"]);
    },
    "a tool turn": async () => {
      const more = { max_tokens: 200 };
      await turn(await api.messages.create({ model, messages: question, tools, ...more }), more);
    },
    "a streamed tool turn": async () => {
      const more = { max_tokens: 200 };
      await turn(await api.messages.stream({ model, messages: question, tools, ...more }).finalMessage(), more);
    },
    "thinking, streamed, with its signature sent back": async () => {
      const reply = await api.messages.stream({ model, messages: question, tools, ...thinking }).finalMessage();
      assert.ok(reply.content[0].thinking && reply.content[0].signature);
      await turn(reply, thinking);
    },
    "a structured answer": async () => {
      const format = { type: "json_schema", schema: FRUIT };
      fits((await api.messages.create({ ...asked, output_config: { format } })).content[0].text);
    },
    "an image": async () => {
      const source = { type: "base64", media_type: "image/png", data: PIXEL };
      const content = [{ type: "image", source }, { type: "text", text: "What colour is this?" }];
      assert.ok((await api.messages.create({ ...asked, messages: [{ role: "user", content }] })).content[0].text);
    },
    "stop sequences and a cap": async () => {
      const stopped = await api.messages.create({ ...asked, stop_sequences: ["4"] });
      assert.deepEqual([stopped.stop_reason, stopped.stop_sequence], ["stop_sequence", "4"]);
      assert.equal((await api.messages.create({ ...asked, max_tokens: 2 })).stop_reason, "max_tokens");
    },
    "a count of tokens": async () => {
      const { max_tokens: _, ...counted } = asked;
      const { input_tokens: count } = await api.messages.countTokens(counted);
      assert.equal(count, (await api.messages.create(asked)).usage.input_tokens);
    },
    errors: async () => {
      await refused(api.messages.create({ ...asked, max_tokens: 0 }), 400);
      await refused(api.messages.create({ ...asked, model: "claude-9" }), 404);
      await refused(new Anthropic({ baseURL: address, apiKey: "wrong", maxRetries: 0 }).messages.create(asked), 401);
      await refused(api.messages.stream({ ...asked, max_tokens: 0 }).finalMessage(), 400);
    },
  };
}

async function responses() {
  const { default: OpenAI } = await import("openai");
  const api = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
  const model = "mock-openai";
  const asked = { model, input: COUNT };
  const tools = [{ type: "function", name: "get_weather", description: "", parameters: CITY, strict: true }];

  async function turn(reply, more) {
    const call = reply.output.find((item) => item.type === "function_call");
    assert.deepEqual([call.name, JSON.parse(call.arguments)], ["get_weather", { city: "Paris" }]);
    const result = { type: "function_call_output", call_id: call.call_id, output: "rain" };
    const input = [{ role: "user", content: QUESTION }, ...reply.output, result];
    assert.match((await api.responses.create({ model, input, tools, ...more })).output_text, /rain/);
  }

  return {
    "an answer": async () => {
      const reply = await api.responses.create(asked);
      assert.deepEqual([reply.output_text, reply.status], [COUNTED, "completed"]);
    },
    "a stream": async () => {
      const pieces = [];
      const stream = api.responses.stream(asked).on("response.output_text.delta", (event) => pieces.push(event.delta));
      assert.equal((await stream.finalResponse()).output_text, COUNTED);
      assert.equal(pieces.join(""), COUNTED);
    },
    "a stream, event by event": async () => {
      const events = await all(await api.responses.create({ ...asked, stream: true }));
      assert.deepEqual([events[0].type, events.at(-1).type], ["response.created", "response.completed"]);
    },
    "a tool turn": async () => turn(await api.responses.create({ model, input: QUESTION, tools })),
    "a streamed tool turn": async () => {
      await turn(await api.responses.stream({ model, input: QUESTION, tools }).finalResponse());
    },
    "reasoning that goes back encrypted": async () => {
      const more = { model: "mock-openai-reasoning", store: false, include: ["reasoning.encrypted_content"] };
      const reply = await api.responses.create({ input: QUESTION, tools, ...more });
      assert.ok(reply.output.find((item) => item.type === "reasoning").encrypted_content);
      await turn(reply, more);
    },
    "a structured answer": async () => {
      const format = { type: "json_schema", name: "fruit", schema: FRUIT, strict: true };
      fits((await api.responses.parse({ ...asked, text: { format } })).output_text);
    },
    "an image": async () => {
      const image = { type: "input_image", image_url: `data:image/png;base64,${PIXEL}`, detail: "auto" };
      const content = [{ type: "input_text", text: "What colour is this?" }, image];
      assert.ok((await api.responses.create({ model, input: [{ role: "user", content }] })).output_text);
    },
    "stored responses": async () => {
      const { id } = await api.responses.create(asked);
      assert.equal((await api.responses.retrieve(id)).output_text, COUNTED);
      assert.equal((await all(await api.responses.inputItems.list(id))).length, 1);
      const next = await api.responses.create({ model, input: "Count from 6 to 8", previous_response_id: id });
      assert.equal(next.output_text, "6 7 8");
      await api.responses.delete(id);
      await refused(api.responses.retrieve(id), 404);
    },
    errors: async () => {
      await refused(api.responses.create({ ...asked, temperature: 3 }), 400);
      await refused(api.responses.create({ ...asked, model: "gpt-9" }), 404);
      const other = new OpenAI({ baseURL: `${address}/v1`, apiKey: "wrong", maxRetries: 0 });
      await refused(other.responses.create(asked), 401);
      await refused(api.responses.stream({ ...asked, temperature: 3 }).finalResponse(), 400);
    },
  };
}

async function gemini() {
  const { GoogleGenAI } = await import("@google/genai");
  const httpOptions = { baseUrl: address, apiVersion: "v1beta" };
  const { models, chats } = new GoogleGenAI({ apiKey: key, httpOptions });
  const model = "mock-gemini";
  const asked = { model, contents: COUNT };
  const tools = [{ functionDeclarations: [{ name: "get_weather", description: "", parametersJsonSchema: CITY }] }];
  const question = [{ role: "user", parts: [{ text: QUESTION }] }];

  async function turn(parts) {
    const call = parts.find((part) => part.functionCall).functionCall;
    assert.deepEqual([call.name, call.args], ["get_weather", { city: "Paris" }]);
    const result = { functionResponse: { name: call.name, response: { weather: "rain" } } };
    const contents = [...question, { role: "model", parts }, { role: "user", parts: [result] }];
    assert.match((await models.generateContent({ model, contents, config: { tools } })).text, /rain/);
  }

  return {
    "an answer": async () => {
      const reply = await models.generateContent(asked);
      assert.deepEqual([reply.text, reply.candidates[0].finishReason], [COUNTED, "STOP"]);
      assert.ok(reply.usageMetadata.totalTokenCount > 0);
    },
    "a stream": async () => {
      const chunks = await all(await models.generateContentStream(asked));
      assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), COUNTED);
      assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
    },
    "a tool turn": async () => {
      const reply = await models.generateContent({ model, contents: question, config: { tools } });
      await turn(reply.candidates[0].content.parts);
    },
    "a streamed tool turn": async () => {
      const chunks = await all(await models.generateContentStream({ model, contents: question, config: { tools } }));
      await turn(chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []));
    },
    "a structured answer": async () => {
      const config = { responseMimeType: "application/json", responseJsonSchema: FRUIT };
      fits((await models.generateContent({ ...asked, config })).text);
    },
    thoughts: async () => {
      const config = { thinkingConfig: { includeThoughts: true, thinkingBudget: 512 } };
      const reply = await models.generateContent({ ...asked, config });
      assert.ok(reply.candidates[0].content.parts.some((part) => part.thought && part.text));
      assert.equal(reply.text, COUNTED);
    },
    "an image": async () => {
      const parts = [{ inlineData: { mimeType: "image/png", data: PIXEL } }, { text: "What colour is this?" }];
      assert.ok((await models.generateContent({ model, contents: [{ role: "user", parts }] })).text);
    },
    "stop sequences and a cap": async () => {
      const config = { systemInstruction: "You count.", stopSequences: ["4"] };
      assert.equal((await models.generateContent({ ...asked, config })).text.trim(), "1 2 3");
      const cut = { maxOutputTokens: 2, thinkingConfig: { thinkingBudget: 0 } };
      const reply = await models.generateContent({ ...asked, config: cut });
      assert.equal(reply.candidates[0].finishReason, "MAX_TOKENS");
    },
    "a count of tokens": async () => {
      const { totalTokens } = await models.countTokens(asked);
      assert.equal(totalTokens, (await models.generateContent(asked)).usageMetadata.promptTokenCount);
    },
    "a chat": async () => {
      const chat = chats.create({ model });
      assert.equal((await chat.sendMessage({ message: COUNT })).text, COUNTED);
      assert.equal((await chat.sendMessage({ message: "Count from 6 to 8" })).text, "6 7 8");
    },
    errors: async () => {
      const config = { temperature: 3 };
      await refused(models.generateContent({ ...asked, config }), 400);
      await refused(models.generateContent({ ...asked, model: "gemini-none" }), 404);
      await refused(models.generateContentStream({ ...asked, config }), 400);
    },
  };
}

const features = await { messages, responses, gemini }[surface]();
console.log = console.info = console.warn = () => {}; // what a client prints by itself is not a result
for (const [name, use] of Object.entries(features)) {
  let failed = "";
  try {
    await use();
  } catch (error) {
    failed = `${error}`.replace(/\s+/g, " ").slice(0, 200);
  }
  writeSync(1, `${JSON.stringify({ name, failed })}\n`);
}
process.exit(0);
