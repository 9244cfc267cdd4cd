import "./panel.css";
import { type App, createApp, h, reactive } from "vue";
import type { Evidence } from "@/review/places";
import { preferences } from "@/settings/preferences";
import PanelView from "./PanelView.vue";
import { Signer, type TokenProvider } from "./token";

const NAME = "taskbridge-review";
/** The build puts the styles of all parts here. */
const STYLES = "__PANEL_STYLES__";

/**
 * `<taskbridge-review task-id="…" api="https://…">`: what AI approval says of a task, in a page of the process system.
 *
 * `tokenProvider`, a property and never an attribute, gives the person's ID token. `lang` is zh or en, `theme` light,
 * dark, or that of the system. The event `evidence` tells which place of the form a person wants to see.
 */
class TaskbridgeReview extends HTMLElement {
  static readonly observedAttributes = ["task-id", "api", "lang", "theme"];
  /** Only declared: what a page set before this script had come must stay. */
  declare tokenProvider: TokenProvider | undefined;
  private readonly said = reactive({ taskId: "", base: "", theme: "" });
  private readonly signer = new Signer(() => this.tokenProvider);
  private app: App | undefined;

  constructor() {
    super();
    const styles = new CSSStyleSheet();
    styles.replaceSync(STYLES);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
  }

  connectedCallback(): void {
    this.attributeChangedCallback();
    if (this.app) return;
    const place = document.createElement("div");
    this.shadowRoot?.append(place);
    this.app = createApp(() => this.render());
    this.app.mount(place);
  }

  disconnectedCallback(): void {
    // An element that is moved within the page comes back at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.app?.unmount();
      this.app = undefined;
      this.shadowRoot?.replaceChildren();
    });
  }

  attributeChangedCallback(): void {
    this.said.taskId = this.getAttribute("task-id") ?? "";
    this.said.base = (this.getAttribute("api") ?? "").replace(/\/+$/, "");
    this.said.theme = this.getAttribute("theme") ?? "";
    preferences.locale = (this.closest("[lang]")?.getAttribute("lang") ?? "zh").startsWith("en") ? "en" : "zh";
  }

  private render() {
    const { taskId, base, theme } = this.said;
    const onEvidence = (shown: Evidence) => this.dispatchEvent(new CustomEvent("evidence", { detail: shown }));
    return taskId ? h(PanelView, { key: base, taskId, base, theme, signer: this.signer, onEvidence }) : null;
  }
}

if (!customElements.get(NAME)) customElements.define(NAME, TaskbridgeReview);
