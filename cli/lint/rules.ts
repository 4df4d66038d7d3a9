// Every rule, in the order of their ids. `npm run new-rule NAME` adds to it.

import type { Rule } from "./rule.ts";
import { rule as clientOutlivesProbe } from "./rules/client-outlives-probe.ts";
import { rule as commandBypassesInit } from "./rules/command-bypasses-init.ts";
import { rule as commandNotArgv } from "./rules/command-not-argv.ts";
import { rule as duplicateInstruction } from "./rules/duplicate-instruction.ts";
import { rule as envNotExpanded } from "./rules/env-not-expanded.ts";
import { rule as execDefaultTimeout } from "./rules/exec-default-timeout.ts";
import { rule as healthcheckHostInterpolation } from "./rules/healthcheck-host-interpolation.ts";
import { rule as healthcheckTestForm } from "./rules/healthcheck-test-form.ts";
import { rule as healthyDependencyUnmet } from "./rules/healthy-dependency-unmet.ts";
import { rule as heavyweightProbe } from "./rules/heavyweight-probe.ts";
import { rule as livenessBeforeReadiness } from "./rules/liveness-before-readiness.ts";
import { rule as livenessChecksRemote } from "./rules/liveness-checks-remote.ts";
import { rule as livenessTooEager } from "./rules/liveness-too-eager.ts";
import { rule as nativeProbeAvailable } from "./rules/native-probe-available.ts";
import { rule as noStartupCover } from "./rules/no-startup-cover.ts";
import { rule as packageManagerPid1 } from "./rules/package-manager-pid1.ts";
import { rule as pid1AssumptionBroken } from "./rules/pid1-assumption-broken.ts";
import { rule as postmasterAdoptsProbe } from "./rules/postmaster-adopts-probe.ts";
import { rule as prestopExceedsGrace } from "./rules/prestop-exceeds-grace.ts";
import { rule as probeCannotFail } from "./rules/probe-cannot-fail.ts";
import { rule as probeOrphansEveryRun } from "./rules/probe-orphans-every-run.ts";
import { rule as probeOrphansOnTimeout } from "./rules/probe-orphans-on-timeout.ts";
import { rule as probeSchema } from "./rules/probe-schema.ts";
import { rule as probeTargetUnreachable } from "./rules/probe-target-unreachable.ts";
import { rule as probesMissing } from "./rules/probes-missing.ts";
import { rule as processExistenceProbe } from "./rules/process-existence-probe.ts";
import { rule as readinessCheckAsLiveness } from "./rules/readiness-check-as-liveness.ts";
import { rule as redisClientMismatch } from "./rules/redis-client-mismatch.ts";
import { rule as redisExitStatus } from "./rules/redis-exit-status.ts";
import { rule as redisLivenessRejectsLoading } from "./rules/redis-liveness-rejects-loading.ts";
import { rule as redisReadinessTooWeak } from "./rules/redis-readiness-too-weak.ts";
import { rule as redisWriteProbe } from "./rules/redis-write-probe.ts";
import { rule as secretInProbeArgv } from "./rules/secret-in-probe-argv.ts";
import { rule as shellFormEntrypoint } from "./rules/shell-form-entrypoint.ts";
import { rule as shellStaysPid1 } from "./rules/shell-stays-pid1.ts";
import { rule as timeoutExceedsPeriod } from "./rules/timeout-exceeds-period.ts";
import { rule as toolNotInImage } from "./rules/tool-not-in-image.ts";

export const RULES: readonly Rule[] = [
  probeOrphansOnTimeout,
  probeOrphansEveryRun,
  postmasterAdoptsProbe,
  commandBypassesInit,
  shellStaysPid1,
  pid1AssumptionBroken,
  commandNotArgv,
  envNotExpanded,
  probeCannotFail,
  nativeProbeAvailable,
  secretInProbeArgv,
  processExistenceProbe,
  heavyweightProbe,
  toolNotInImage,
  clientOutlivesProbe,
  execDefaultTimeout,
  timeoutExceedsPeriod,
  livenessBeforeReadiness,
  noStartupCover,
  livenessTooEager,
  prestopExceedsGrace,
  livenessChecksRemote,
  readinessCheckAsLiveness,
  probeSchema,
  probeTargetUnreachable,
  probesMissing,
  redisExitStatus,
  redisLivenessRejectsLoading,
  redisReadinessTooWeak,
  redisClientMismatch,
  redisWriteProbe,
  healthcheckTestForm,
  healthcheckHostInterpolation,
  healthyDependencyUnmet,
  shellFormEntrypoint,
  duplicateInstruction,
  packageManagerPid1,
];
