// The longest silence in received media: packets of all connections are counted ten times a second.
(() => {
    const kinds = [ 'audio', 'video' ];
    let last = {}, count = {}, worst = {};

    const look = async () => {
        const now = performance.now(), sums = { audio: 0, video: 0 };

        for (const pc of window.jitsiCall.connections.filter(each => each.connectionState !== 'closed')) {
            for (const each of (await pc.getStats()).values()) {
                if (each.type === 'inbound-rtp') {
                    sums[each.kind] += each.packetsReceived;
                }
            }
        }
        for (const kind of kinds) {
            if (sums[kind] !== count[kind] && sums[kind] > 0) {
                worst[kind] = Math.max(worst[kind] ?? 0, now - (last[kind] ?? now));
                last[kind] = now;
            }
            count[kind] = sums[kind];
        }
    };

    window.jitsiGaps = {
        start: () => {
            last = {};
            worst = {};
            if (!window.jitsiGaps.timer) {
                window.jitsiGaps.timer = setInterval(look, 100);
            }
        },
        worst: () => Object.fromEntries(kinds.map(kind => [
            kind, Math.round(Math.max(worst[kind] ?? 0, performance.now() - (last[kind] ?? performance.now()))) / 1000,
        ])),
    };
})();
