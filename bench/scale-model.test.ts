import { expect, test } from "vitest";
import { coresOf, fitModel } from "./scale-model.ts";

test("scale model: samples on a line give its slope, and no error", () => {
  const { secondsPerProbe, error } = fitModel(
    [1, 10, 30].map((rate) => ({ rate, cores: rate * 0.02 })),
  );
  expect(secondsPerProbe).toBeCloseTo(0.02, 12);
  expect(error).toBeCloseTo(0, 12);
});

test("scale model: the error is the worst sample's distance", () => {
  const { secondsPerProbe, error } = fitModel([
    { rate: 1, cores: 2 },
    { rate: 10, cores: 10 },
  ]);
  expect(secondsPerProbe).toBeCloseTo(102 / 101, 12);
  expect(error).toBeCloseTo((2 - 102 / 101) / 2, 12);
});

test("scale model: twice the pods or half the period cost twice as much", () => {
  const model = { secondsPerProbe: 0.03, error: 0 };
  expect(coresOf(model, 110, 10)).toBeCloseTo(0.33, 12);
  expect(coresOf(model, 220, 10)).toBeCloseTo(0.66, 12);
  expect(coresOf(model, 110, 5)).toBeCloseTo(0.66, 12);
});
