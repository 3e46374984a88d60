/**
 * Turns a confusion matrix into scores and text.
 * @module
 */

/** Precision, recall, f1 and support of one class. */
export interface ClassScore {
  /** The name of the class. */
  readonly name: string;
  /** The fraction of correct ones among all images predicted as this class. 0 if no image was. */
  readonly precision: number;
  /** The fraction of this class's images that were recognized. 0 if the class has no images. */
  readonly recall: number;
  /** The harmonic mean of precision and recall. */
  readonly f1: number;
  /** The number of images of this class. */
  readonly support: number;
}

/** Accuracy, scores by class and the report, from the confusion matrix. */
export function scores(confusion: readonly (readonly number[])[], classNames: readonly string[]) {
  const total = confusion.flat().reduce((sum, count) => sum + count, 0);
  const right = confusion.reduce((sum, row, index) => sum + row[index], 0);
  const ratio = (part: number, whole: number) => whole === 0 ? 0 : part / whole;
  const classes = classNames.map((name, index): ClassScore => {
    const support = confusion[index].reduce((sum, count) => sum + count, 0);
    const precision = ratio(confusion[index][index], confusion.reduce((sum, row) => sum + row[index], 0));
    const recall = ratio(confusion[index][index], support);
    return { name, precision, recall, f1: ratio(2 * precision * recall, precision + recall), support };
  });
  const accuracy = ratio(right, total);
  return { accuracy, classes, report: reportText(classes, accuracy, total) };
}

/** Two decimals, as in Python: of the numbers that lie exactly between two of them, such as 0.125, to the even one. */
const twoDigits = (value: number) => (value % 0.25 === 0.125 ? Math.round(50 * value) / 50 : value).toFixed(2);

/** The same text as scikit-learn's `classification_report`, character for character. */
function reportText(classes: readonly ClassScore[], accuracy: number, total: number): string {
  const width = Math.max("weighted avg".length, ...classes.map(({ name }) => name.length));
  const cell = (value: number | string) => ` ${(typeof value === "string" ? value : twoDigits(value)).padStart(9)}`;
  const line = (name: string, cells: (number | string)[], support: number) =>
    `${name.padStart(width)} ${cells.map(cell).join("")}${cell(String(support))}`;
  const average = (weight: (score: ClassScore) => number) => {
    const sum = classes.reduce((all, score) => all + weight(score), 0) || 1;
    return (["precision", "recall", "f1"] as const).map((key) =>
      classes.reduce((all, score) => all + score[key] * weight(score), 0) / sum
    );
  };
  const scoresOf = ({ precision, recall, f1 }: ClassScore) => [precision, recall, f1];
  return [
    `${"".padStart(width)} ${["precision", "recall", "f1-score", "support"].map(cell).join("")}`,
    "",
    ...classes.map((score) => line(score.name, scoresOf(score), score.support)),
    "",
    line("accuracy", ["", "", accuracy], total),
    line("macro avg", average(() => 1), total),
    line("weighted avg", average(({ support }) => support), total),
    "",
  ].join("\n");
}

/** The confusion matrix as text. Each row is a true class, and each column a predicted one. */
export function confusionText(confusion: readonly (readonly number[])[], classNames: readonly string[]): string {
  const width = Math.max(16, ...classNames.map((name) => name.length));
  const cell = Math.max(
    6,
    ...classNames.map((name) => name.length + 1),
    ...confusion.flat().map((n) => `${n}`.length + 1),
  );
  return [
    `${"true \\ predicted".padStart(width)}${classNames.map((name) => name.padStart(cell)).join("")}`,
    ...confusion.map((row, index) =>
      `${classNames[index].padStart(width)}${row.map((n) => `${n}`.padStart(cell)).join("")}`
    ),
    "",
  ].join("\n");
}
