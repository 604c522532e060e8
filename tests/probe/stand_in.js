// Stands in for lib-jitsi-meet: the same names, and real WebRTC between two browsers, without a bridge. /signal passes descriptions.
window.JitsiMeetJS = (() => {
    const fault = new URLSearchParams(document.querySelector('script[src*="lib-jitsi-meet"]').src.split('?')[1]).get('fault')
        ?? window.config.fault;
    const listeners = () => {
        const all = {};

        return {
            add: (name, done) => (all[name] ??= []).push(done),
            fire: (name, ...rest) => (all[name] ?? []).forEach(each => each(...rest)),
        };
    };
    const pause = time => new Promise(done => setTimeout(done, time));
    const signal = async (room, from, message) => {
        const answer = await fetch(`/signal?room=${room}&from=${from}`, { method: 'POST', body: JSON.stringify(message ?? null) });

        return answer.json();
    };

    const me = crypto.randomUUID();

    class Room {
        constructor(name, options, connection) {
            Object.assign(this, { name, options, connection, tracks: [], events: listeners(), me, over: false });
        }
        on(name, done) { this.events.add(name, done); }
        addTrack(track) { this.tracks.push(track); }
        setReceiverConstraints() {}
        getParticipantCount() { return 2; }
        async join() {
            if (fault === 'no bridge') {
                return this.events.fire('conference.failed', 'conference.videobridgeNotAvailable');
            }
            if (!/^(v\d+\.)?meet\.jitsi$/.test(this.options.hosts.domain)) { // jicofo is focus.meet.jitsi for guests, too
                return this.connection.events.fire('connection.connectionFailed', 'connection.conferenceRequestFailed');
            }
            const first = await signal(this.name, this.me, { hello: true });

            if (fault === 'one speaker' && !first.first && this.options.hosts.domain !== 'v0.meet.jitsi') {
                return this.connection.events.fire('connection.redirected', 'v0', 'focus@auth.v0.meet.jitsi');
            }
            this.events.fire('conference.joined');
            const pc = this.pc = new RTCPeerConnection({ iceServers: window.config.servers ?? [] });

            pc.ondatachannel = ({ channel }) => this.events.fire('conference.dataChannelOpened', channel);
            this.tracks.forEach(({ track }) => {
                const muted = fault === `no ${track.kind}` && !first.first;

                muted || pc.addTrack(track);
            });
            pc.onicecandidate = ({ candidate }) => candidate && fault !== 'no path' && signal(this.name, this.me, { candidate });
            if (first.first) {
                while (!this.over && !(await signal(this.name, this.me, { wait: true })).people) {
                    await pause(100);
                }
                if (fault !== 'no channel') {
                    pc.createDataChannel('JVB data channel').onopen = () => this.events.fire('conference.dataChannelOpened');
                }
                if (fault !== 'no offer') {
                    pc.addTransceiver('audio', { direction: 'recvonly' });
                    pc.addTransceiver('video', { direction: 'recvonly' });
                    await pc.setLocalDescription();
                    await signal(this.name, this.me, { description: pc.localDescription });
                }
            }
            const waiting = [];

            while (!this.over) {
                for (const { description, candidate } of (await signal(this.name, this.me)).messages) {
                    if (candidate) {
                        waiting.push(candidate);
                    }
                    if (description) {
                        await pc.setRemoteDescription(description);
                        if (description.type === 'offer') {
                            await pc.setLocalDescription();
                            await signal(this.name, this.me, { description: pc.localDescription });
                        }
                    }
                }
                while (pc.remoteDescription && waiting.length) {
                    await pc.addIceCandidate(waiting.shift());
                }
                await pause(100);
            }
        }
        async leave() {
            this.over = true;
            this.pc?.close();
            await signal(this.name, this.me, { left: true });
        }
    }

    class JitsiConnection {
        constructor(id, token, options) { Object.assign(this, { token, options, events: listeners() }); }
        addEventListener(name, done) { this.events.add(name, done); }
        connect({ id, password }) {
            setTimeout(() => {
                const known = this.token === window.config.login || password === window.config.login && id === 'anna@meet.jitsi';

                if (window.config.login && !known) {
                    return this.events.fire('connection.connectionFailed', 'connection.passwordRequired');
                }
                this.events.fire('connection.connectionEstablished');
            });
        }
        initJitsiConference(name, options) { return new Room(name, options, this); }
        async disconnect() {}
    }

    return {
        JitsiConnection,
        init() {},
        logLevels: {},
        setLogLevel() {},
        events: {
            connection: {
                CONNECTION_FAILED: 'connection.connectionFailed',
                CONNECTION_ESTABLISHED: 'connection.connectionEstablished',
                CONNECTION_REDIRECTED: 'connection.redirected',
            },
            conference: {
                CONFERENCE_JOINED: 'conference.joined',
                CONFERENCE_FAILED: 'conference.failed',
                CONFERENCE_ERROR: 'conference.error',
                KICKED: 'conference.kicked',
                CONNECTION_INTERRUPTED: 'conference.connectionInterrupted',
                DATA_CHANNEL_OPENED: 'conference.dataChannelOpened',
                DATA_CHANNEL_CLOSED: 'conference.dataChannelClosed',
            },
        },
        async createLocalTracks({ resolution }) {
            const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { height: resolution } });

            return stream.getTracks().map(track => ({ track, dispose: async () => track.stop() }));
        },
    };
})();
