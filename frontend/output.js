// `Output` and `interact` compute in a kernel. Here they show what the build computed, and say so.
import { DOMWidgetModel, DOMWidgetView } from "@jupyter-widgets/base";

const NEEDS_KERNEL =
  "这一格由 Python 内核计算：网页上是建书时的结果，不随控件改变。要让它响应，请在 Colab 或 Jupyter 中运行本章。";

const text = (value) => (Array.isArray(value) ? value.join("") : String(value ?? ""));

/** One saved output as an element: text, or a PNG picture. */
function draw({ output_type, data = {}, text: stream, traceback }) {
  const image = data["image/png"];
  if (image) {
    const element = new Image();
    element.src = `data:image/png;base64,${text(image).replace(/\s/g, "")}`;
    element.alt = text(data["text/plain"]) || "建书时画出的图";
    return element;
  }
  const element = document.createElement("pre");
  if (output_type === "error") element.textContent = (traceback ?? []).join("\n");
  else element.textContent = text(stream ?? data["text/plain"]);
  return element;
}

export class OutputModel extends DOMWidgetModel {
  defaults() {
    return {
      ...super.defaults(),
      _model_name: "OutputModel",
      _view_name: "OutputView",
      _model_module: "@jupyter-widgets/output",
      _view_module: "@jupyter-widgets/output",
      msg_id: "",
      outputs: [],
    };
  }
}

export class OutputView extends DOMWidgetView {
  render() {
    super.render();
    const notice = document.createElement("p");
    notice.className = "widget-notice";
    notice.textContent = NEEDS_KERNEL;
    this.el.replaceChildren(...this.model.get("outputs").map(draw), notice);
  }
}
