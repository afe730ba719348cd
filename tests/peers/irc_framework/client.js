// A client of irc-framework without a screen: told by lines of JSON, and tells what happens the same way.
//
//   {"connect": {options}}          Client.connect(options); without options once more as before. With the option
//                                   "websocket" by the transport that it has for browsers (Kiwi IRC's)
//   {"call": "say", "with": [...]}  any method of Client
//
// Every event of the client comes out as {"event": name, "with": value}.

"use strict";

const readline = require("readline");
const { Client } = require("irc-framework");

const client = new Client();
client.requestCap(["draft/chathistory", "draft/event-playback", "draft/read-marker", "draft/multiline"]);

function tell(event, value) {
    process.stdout.write(JSON.stringify({ event, with: value === undefined ? null : value }) + "\n");
}

const emit = client.emit;
client.emit = function (event, value) {
    if (event !== "debug") {
        tell(event, value);
    }
    return emit.apply(this, arguments);
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const order = JSON.parse(line);
    if ("connect" in order) {
        if (order.connect && order.connect.websocket) {
            // Browsers have it, and so has node from 22 on.
            globalThis.WebSocket = globalThis.WebSocket || require("ws");
            order.connect.transport = require("irc-framework/src/transports/websocket");
        }
        client.connect(order.connect || undefined);
    } else {
        client[order.call](...order.with);
    }
}).on("close", () => process.exit(0));

tell("ready");
