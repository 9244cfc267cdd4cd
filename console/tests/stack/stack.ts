import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";

export type Person = "admin" | "ops" | "approver-1" | "approver-2";

interface Outputs {
  ApiUrl: string;
  ConsoleUrl: string;
  EventBusName: string;
  endpoint_url: string;
  simulator_url: string;
  password: string;
  tokens: Record<Person, string>;
}

/** What `make up` says of the stack. */
export const outputs = JSON.parse(readFileSync(process.env["STACK"] ?? "", "utf8")) as Outputs;

/** Sign in as people do: on the pages of the user pool. */
export async function signIn(page: Page, person: Person, path = ""): Promise<void> {
  await page.goto(`${outputs.ConsoleUrl}${path && `console/${path}`}`);
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await page.getByLabel("Username").fill(person);
  await page.getByLabel("Password").fill(outputs.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".person")).toContainText(person);
}

/** What the API says to a person, besides what the pages ask. */
export async function ask<T>(person: Person, path: string): Promise<T | undefined> {
  const answer = await fetch(`${outputs.ApiUrl}/v1/${path}`, { headers: { authorization: `Bearer ${outputs.tokens[person]}` } });
  if (answer.status === 404) return undefined;
  expect(answer.status, path).toBe(200);
  return (await answer.json()) as T;
}

/** An event as the process system sends it: a new todo in an instance of its own, for the approver of this id. */
export function received(id: string, approver = "10021"): Record<string, unknown> {
  const at = new Date().toISOString();
  const assignees = [{ uid: approver, number: approver }];
  return {
    version: "1",
    id,
    event: "action.task_received.t1",
    sequence: 1,
    occurred_at: at,
    app: { app_id: "leave", name: "请假申请" },
    session: { sess_id: `P-${id}`, status: "running", subject: "请假", initiator: { uid: "u-1", number: "2024010117" } },
    tasks: [{ task_id: `T-${id}`, node_id: "counsellor", node_name: "辅导员审批", status: "init", assignees, created_at: at }],
  };
}

/** Put events on the bus. */
export async function send(...events: Record<string, unknown>[]): Promise<void> {
  const entries = events.map((event) => ({
    Source: "htd.process",
    DetailType: "process.trigger",
    Detail: JSON.stringify(event),
    EventBusName: outputs.EventBusName,
  }));
  const answer = await fetch(outputs.endpoint_url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AWSEvents.PutEvents",
      authorization: "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/events/aws4_request, SignedHeaders=host, Signature=none",
    },
    body: JSON.stringify({ Entries: entries }),
  });
  expect(await answer.json()).toMatchObject({ FailedEntryCount: 0 });
}

/** Let the task center refuse calls, or do as it should: see local/simulating/faults.py. */
export async function setFaults(faults: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${outputs.simulator_url}/_simulator/faults`, { method: "PUT", body: JSON.stringify(faults) });
  expect(answer.ok).toBe(true);
}

/** An id that nobody else has. */
export const newId = (kind: string) => `${kind}-${crypto.randomUUID().slice(0, 8)}`;

export interface Approval {
  taskId: string;
  /** The node as paths name it. */
  path: string;
  subject: string;
  published: Record<string, unknown>;
  received: Record<string, unknown>;
}

/** The events of a claim: its node is published with a rule of two clauses, then the task comes to the approver. */
export function approvalEvents(id: string, approver: Person): Approval {
  const event: Record<string, unknown> = { ...received(id, approver), app: { app_id: `expense-${id}`, name: "费用报销" } };
  const node = {
    node_id: "accounting",
    node_name: "财务初审",
    aiExamineRule: "1. 报销金额不超过 5000 元。\n2. 报销事由须填写。",
    aiExamineAuto: true,
  };
  const fields = [
    { key: "amount", label: "报销金额", type: "money", value: { amount: "1286.50" } },
    { key: "why", label: "报销事由", type: "text", value: "赴南京大学参加学术会议" },
  ];
  const subject = `差旅报销 ${id}`;
  const { tasks, session, ...published } = event;
  const [task] = tasks as Record<string, unknown>[];
  return {
    taskId: `T-${id}`,
    path: `expense-${id}/accounting`,
    subject,
    published: { ...published, id: `node-${id}`, event: "action.node_published.t1", node },
    received: {
      ...event,
      session: { ...(session as object), subject },
      tasks: [{ ...task, node_id: "accounting", node_name: "财务初审", form: { fields } }],
    },
  };
}

/** What follows on an approval: its task is decided, and another one comes to the same node, with the same form. */
export function followedBy({ taskId, received }: Approval, next: string): Record<string, unknown>[] {
  const [task] = received["tasks"] as Record<string, unknown>[];
  const decided = { ...task, status: "completed", decision: "approved" };
  const event = (kind: string, id: string, sequence: number, tasks: object[]) => ({ ...received, id, sequence, event: `action.${kind}.t1`, tasks });
  return [event("task_completed", `done-${taskId}`, 2, [decided]), event("task_received", `next-${taskId}`, 3, [decided, { ...task, task_id: next }])];
}
