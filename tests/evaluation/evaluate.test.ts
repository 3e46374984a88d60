import assert from "node:assert/strict";
import { scores } from "../../lib/evaluation/evaluate.ts";

Deno.test("scores() prints what scikit-learn's classification_report prints", () => {
  // classification_report of this confusion matrix, digits=2, by scikit-learn 1.5's documented layout
  const { report, accuracy } = scores([[3, 1, 0], [0, 0, 2], [1, 0, 5]], ["cat", "dog", "automobile"]);
  assert.equal(accuracy, 8 / 12);
  assert.equal(
    report,
    [
      "              precision    recall  f1-score   support",
      "",
      "         cat       0.75      0.75      0.75         4",
      "         dog       0.00      0.00      0.00         2",
      "  automobile       0.71      0.83      0.77         6",
      "",
      "    accuracy                           0.67        12",
      "   macro avg       0.49      0.53      0.51        12",
      "weighted avg       0.61      0.67      0.63        12",
      "",
    ].join("\n"),
  );
});
