// Names what failed and why, and ends with the line that other runners end with too.
import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export default class ClosingLine implements Reporter {
  private passed = 0;
  private failed = 0;
  private skipped = 0;

  onStdOut(text: string | Buffer) {
    process.stdout.write(text);
  }

  onTestEnd(test: TestCase, result: TestResult) {
    const name = test.titlePath().slice(2).join(" › ");
    const seconds = (result.duration / 1000).toFixed(1);
    if (result.status === "skipped") {
      this.skipped++;
      console.log(`SKIPPED ${name}`);
    } else if (result.status === test.expectedStatus) {
      this.passed++;
      console.log(`ok ${name} (${seconds} s)`);
    } else {
      this.failed++;
      console.log(`FAILED ${name} (${seconds} s)`);
      for (const error of result.errors) console.log(error.stack ?? error.message);
      for (const { name, path } of result.attachments) if (path) console.log(`  ${name}: ${path}`);
    }
  }

  onError(error: { message?: string }) {
    this.failed++;
    console.log(error.message);
  }

  onEnd(_: FullResult) {
    const skipped = this.skipped ? `, ${this.skipped} skipped` : "";
    console.log(`\nbrowser: ${this.passed} passed, ${this.failed} failed${skipped}`);
  }
}
