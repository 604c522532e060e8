// One participant, in a page of the stack's own origin: joins with the client library that the stack serves, and reports figures.
(() => {
    const state = window.jitsiCall = {
        connections: [], problems: [], started: 0, joined: 0, channel: false, visitor: '',
    };

    const fail = (stage, reason, detail) => state.problems.push({
        stage, reason: String(reason ?? ''), detail: typeof detail === 'string' ? detail : '',
    });

    const script = source => new Promise((done, failed) => {
        const element = document.createElement('script');

        element.src = source;
        element.onload = done;
        element.onerror = () => failed(new Error(`${source} cannot be loaded`));
        (document.head ?? document.documentElement).append(element);
    });

    // The library makes its connections through this class, so that their figures can be read.
    state.watch = relayOnly => {
        const Real = window.RTCPeerConnection;

        window.RTCPeerConnection = class extends Real {
            constructor(settings = {}, ...rest) {
                super(relayOnly ? { ...settings, iceTransportPolicy: 'relay' } : settings, ...rest);
                state.servers = (settings.iceServers ?? []).flatMap(each => each.urls);
                state.connections.push(this);
            }
        };
    };

    const settingsFor = (config, wanted) => {
        const { bosh, websocket, ...others } = { ...config, ...wanted.settings };
        const socket = wanted.bosh ? undefined : websocket;
        const service = new URL(socket || bosh, location.href);

        if (socket) {
            service.protocol = service.protocol === 'http:' ? 'ws:' : 'wss:';
        }
        service.searchParams.set('room', wanted.spelled ?? wanted.room);

        return { ...others, serviceUrl: service.href, p2p: { ...config.p2p, enabled: false } };
    };

    const account = (user, { hosts }) => user && !user.includes('@') ? `${user}@${hosts.authdomain || hosts.domain}` : user || undefined;

    state.join = async wanted => {
        state.started = performance.now();
        state.watch(wanted.relayOnly);
        if (document.readyState === 'loading') {
            await new Promise(done => document.addEventListener('DOMContentLoaded', done, { once: true }));
        }
        await script(wanted.config ?? '/config.js');
        await script('/libs/lib-jitsi-meet.min.js');
        const Meet = window.JitsiMeetJS, config = window.config;

        if (!Meet || !config) {
            throw new Error('/config.js or /libs/lib-jitsi-meet.min.js is not Jitsi\'s');
        }
        Meet.setLogLevel?.(Meet.logLevels?.ERROR ?? 'error');
        Meet.init({ disableAudioLevels: true });
        state.tracks = await Meet.createLocalTracks({ devices: wanted.devices ?? [ 'audio', 'video' ], resolution: wanted.height });
        enter(Meet, wanted, config, settingsFor(config, wanted));
    };

    // As Jitsi's own pages do: a visitor connects to the visitor node that jicofo names, asks jicofo for nothing, and sends no media.
    const asVisitor = (settings, config, vnode, focusUserJid) => {
        const service = new URL(settings.serviceUrl), domain = `${vnode}.meet.jitsi`;
        const muc = config.hosts.muc.replace(config.hosts.domain, domain);

        service.searchParams.set('vnode', vnode);

        return {
            ...settings, serviceUrl: service.href, hosts: { domain, muc }, focusUserJid,
            disableFocus: true, disableLocalStatsBroadcast: true,
        };
    };

    const enter = (Meet, wanted, config, settings) => {
        const { connection: of, conference: on } = Meet.events;
        const connection = state.connection = new Meet.JitsiConnection(null, wanted.token || undefined, settings);

        connection.addEventListener(of.CONNECTION_REDIRECTED, async (vnode, focus) => {
            state.visitor = vnode;
            await Promise.allSettled([ connection.disconnect() ]);
            enter(Meet, wanted, config, asVisitor(settings, config, vnode, focus));
        });
        connection.addEventListener(of.CONNECTION_FAILED, (reason, text) => fail('connection', reason, text));
        connection.addEventListener(of.CONNECTION_ESTABLISHED, () => {
            const room = state.room = connection.initJitsiConference(wanted.room, settings);

            room.on(on.CONFERENCE_JOINED, () => {
                state.joined = performance.now();
                room.setReceiverConstraints?.({ lastN: -1, defaultConstraints: { maxHeight: wanted.receive ?? wanted.height } });
            });
            room.on(on.CONFERENCE_FAILED, (reason, ...rest) => fail('conference', reason, rest.find(each => typeof each === 'string')));
            room.on(on.CONFERENCE_ERROR, (reason, text) => fail('conference', reason, text));
            room.on(on.KICKED, () => fail('conference', 'kicked'));
            room.on(on.CONNECTION_INTERRUPTED, () => fail('media', 'interrupted'));
            room.on(on.DATA_CHANNEL_OPENED, () => { state.channel = true; });
            room.on(on.DATA_CHANNEL_CLOSED, () => { state.channel = false; });
            state.visitor || state.tracks.forEach(track => room.addTrack(track));
            room.setDisplayName?.(wanted.name);
            room.join();
        });
        connection.connect({ id: account(wanted.user, config), password: wanted.password || undefined });
    };

    const totals = (reports, kind, media) => {
        const found = reports.filter(each => each.type === kind && each.kind === media);
        const sum = name => found.reduce((all, each) => all + (each[name] ?? 0), 0);
        const carries = each => (media === 'video' // a bridge also probes for bandwidth on a video stream that never has a picture
            ? each.framesDecoded ?? each.framesEncoded : each.packetsReceived ?? each.packetsSent) > 0;

        return {
            streams: found.filter(carries).length,
            packets: sum('packetsReceived') + sum('packetsSent'),
            bytes: sum('bytesReceived') + sum('bytesSent'),
            lost: sum('packetsLost'),
            frames: sum('framesDecoded') + sum('framesEncoded'),
            heights: found.map(each => each.frameHeight ?? 0),
        };
    };

    const offered = pc => [ ...(pc.remoteDescription?.sdp ?? '').matchAll(/^a=candidate:\S+ \d+ udp \d+ (\S+) (\d+) typ/gim) ]
        .map(([ , address, port ]) => [ address, Number(port) ]);

    const pathOf = reports => {
        const byId = Object.fromEntries(reports.map(each => [ each.id, each ]));
        const transport = reports.find(each => each.type === 'transport');
        const pair = byId[transport?.selectedCandidatePairId];
        const local = byId[pair?.localCandidateId], remote = byId[pair?.remoteCandidateId];

        return {
            dtls: transport?.dtlsState ?? 'new',
            rtt: pair?.currentRoundTripTime ?? null,
            local: local && [ local.candidateType, local.relayProtocol ?? local.protocol, local.url ?? '' ],
            remote: remote && [ remote.address, remote.port, remote.candidateType ],
        };
    };

    state.report = async () => {
        const open = state.connections.filter(each => each.connectionState !== 'closed');
        const pc = open.find(each => each.remoteDescription) ?? open[0];
        const reports = pc ? [ ...(await pc.getStats()).values() ] : [];

        return {
            problems: state.problems,
            joined: state.joined ? (state.joined - state.started) / 1000 : null,
            visitor: state.visitor,
            others: state.room?.getParticipantCount ? state.room.getParticipantCount() - 1 : 0,
            session: Boolean(pc?.remoteDescription),
            ice: pc?.iceConnectionState ?? 'none',
            servers: state.servers ?? [],
            offered: pc ? offered(pc) : [],
            ...pathOf(reports),
            channel: state.channel || reports.some(each => each.type === 'data-channel' && each.state === 'open'),
            audioIn: totals(reports, 'inbound-rtp', 'audio'),
            videoIn: totals(reports, 'inbound-rtp', 'video'),
            audioOut: totals(reports, 'outbound-rtp', 'audio'),
            videoOut: totals(reports, 'outbound-rtp', 'video'),
        };
    };

    state.leave = async () => {
        await Promise.allSettled([ state.room?.leave() ]);
        await Promise.allSettled([ state.connection?.disconnect() ]);
        await Promise.allSettled((state.tracks ?? []).map(each => each.dispose()));
    };
})();
