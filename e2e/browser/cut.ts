// A wire between browser and server that can be cut: every connection breaks, and none is made until it is mended.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class Wire {
  /** `http://127.0.0.1:…` of this end. */
  origin = "";
  private readonly open = new Set<Socket>();
  private isCut = false;
  private readonly server = createServer((here) => {
    if (this.isCut) return void here.destroy();
    const there = connect(this.port, "127.0.0.1");
    for (const [one, other] of [[here, there], [there, here]] as const) {
      this.open.add(one);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        this.open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });

  constructor(private readonly port: number) {}

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  cut() {
    this.isCut = true;
    for (const socket of this.open) socket.destroy();
  }

  mend() {
    this.isCut = false;
  }

  end() {
    this.cut();
    this.server.close();
  }
}
