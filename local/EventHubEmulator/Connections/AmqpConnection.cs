using System.Buffers.Binary;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Hubs;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// One peer. Frames are handled in order under <see cref="Gate"/>, which everything that touches the state of sessions and links, or writes frames, holds.
/// </summary>
internal sealed class AmqpConnection
{
    public const int MaxFrameSize = 64 * 1024;
    private const ushort ChannelMax = 1023;
    private const uint IdleMilliseconds = 120_000;
    private static readonly TimeSpan AuthorizationGrace = TimeSpan.FromSeconds(20);

    private readonly Stream _stream;
    private readonly FrameSource _source;
    private readonly Dictionary<ushort, Session> _sessions = [];
    private readonly CancellationTokenSource _stop;
    private readonly DateTimeOffset _connectedAt;
    private uint _peerIdleMilliseconds;
    private bool _opened, _closing;

    public AmqpConnection(Stream stream, HubNamespace hubs, CancellationToken stop)
    {
        (_stream, Hubs) = (stream, hubs);
        _source = new(stream, MaxFrameSize);
        Grants = new(hubs.Time);
        Limits = new(Grants, hubs);
        Output = new(stream, Gate, Limits);
        Output.Drained += WakeReaders;
        _connectedAt = hubs.Time.GetUtcNow();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    public Lock Gate { get; } = new();
    public HubNamespace Hubs { get; }
    public ConnectionOutput Output { get; }
    public Grants Grants { get; }
    public PeerLimits Limits { get; }
    public uint PeerMaxFrameSize { get; private set; } = 512;

    /// <summary>Until the peer leaves, breaks the protocol, or the hub stops.</summary>
    public async Task RunAsync()
    {
        var sending = SendAsync();
        try
        {
            var sasl = new SaslLayer(_source, Output, Gate, Hubs.Rules);
            if (await sasl.RunAsync(_stop.Token))
            {
                if (sasl.LoggedIn is { } rule) Grants.Add(new(new EntityPath(rule.Hub?.ToLowerInvariant() ?? ""), rule.Rights, DateTimeOffset.MaxValue));
                await ReadFramesAsync();
            }
        }
        catch (AmqpException error)
        {
            lock (Gate) Close(error.Error);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The peer has gone, or the hub stops.
        }
        finally
        {
            lock (Gate)
            {
                // Whoever comes from now on, the clock or the end of the hub, finds nothing left to close.
                _closing = true;
                AbandonSessions();
            }
            Output.Complete();
            await FinishAsync(sending);
            _stop.Dispose();
        }
    }

    /// <summary>Says goodbye with a reason; the peer may come back.</summary>
    public void Shutdown()
    {
        lock (Gate) Close(new(AmqpError.ConnectionForced, "The hub is stopping."));
        Output.Complete();
    }

    /// <summary>Once a second: tokens that ran out, peers that fell silent, and this side's own sign of life.</summary>
    public void Tick()
    {
        var now = Hubs.Time.GetUtcNow();
        lock (Gate)
        {
            if (_closing) return;
            var tick = Environment.TickCount64;
            if (tick - _source.LastReceivedTick > 2 * IdleMilliseconds)
                Close(new(AmqpError.ResourceLimitExceeded, "Nothing was received for longer than the idle timeout."));
            else if (!Grants.WasEverGranted && now - _connectedAt > AuthorizationGrace)
                Close(new(AmqpError.Unauthorized, "No token was put within 20 seconds."));
            else if (_opened && _peerIdleMilliseconds > 0 && tick - Output.LastSentTick >= Math.Max(500, _peerIdleMilliseconds / 2))
                Frames.WriteEmpty(Output.Writer);
            foreach (var session in _sessions.Values) session.DropUnauthorized(now);
        }
        Output.Notify();
    }

    public IEnumerable<Link> Links => _sessions.Values.SelectMany(session => session.Links);

    private async Task ReadFramesAsync()
    {
        while (true)
        {
            lock (Gate)
            {
                while (!_closing && _source.TryTake(out var frame)) OnFrame(frame);
                if (_closing) return;
            }
            Output.Notify();
            await Output.WaitForRoomAsync();
            await Hubs.Commits.WaitForRoomAsync();
            if (!await _source.FillAsync(_stop.Token)) return;
        }
    }

    private void OnFrame(ReadOnlySpan<byte> frame)
    {
        if (frame[5] != Frames.AmqpType) throw new AmqpException(AmqpError.FramingError, "Only AMQP frames can follow here.");
        var channel = BinaryPrimitives.ReadUInt16BigEndian(frame[6..]);
        var body = new AmqpReader(frame[(frame[4] * 4)..]);
        if (body.AtEnd) return;
        var performative = body.ReadDescriptor();
        var fields = body.ReadList(out var count);
        if (!_opened && performative != Frames.Open) throw new AmqpException(AmqpError.NotAllowed, "The first frame has to be an open.");
        switch (performative)
        {
            case Frames.Open: OnOpen(fields, count); break;
            case Frames.Begin: OnBegin(channel, fields, count); break;
            case Frames.End:
                if (_sessions.Remove(channel, out var ended)) ended.Abandon();
                Frames.WriteEnd(Output.Writer, channel, Frames.End, null);
                break;
            case Frames.Close: Close(null); break;
            default:
                if (_sessions.TryGetValue(channel, out var session)) Handle(session, performative, fields, count, body.Rest);
                else throw new AmqpException(AmqpError.NotAllowed, $"There is no session on channel {channel}.");
                break;
        }
    }

    private void Handle(Session session, ulong performative, AmqpReader fields, int count, ReadOnlySpan<byte> payload)
    {
        try
        {
            session.OnFrame(performative, fields, count, payload);
        }
        catch (SessionFailure failure)
        {
            _sessions.Remove(session.Channel);
            session.Abandon();
            Frames.WriteEnd(Output.Writer, session.Channel, Frames.End, failure.Error);
        }
    }

    private void OnOpen(AmqpReader fields, int count)
    {
        if (_opened) throw new AmqpException(AmqpError.NotAllowed, "The connection is open already.");
        if (count < 1) throw new AmqpException(AmqpError.DecodeError, "An open needs a container id.");
        fields.ReadRaw();
        if (count > 1) fields.ReadRaw();
        var peerMax = count > 2 ? fields.ReadUInt() ?? uint.MaxValue : uint.MaxValue;
        // 512 is the least a peer may set (part 2, section 2.7.1); less would make no progress.
        PeerMaxFrameSize = Math.Max(512, peerMax);
        if (count > 3) fields.ReadUShort();
        if (count > 4) _peerIdleMilliseconds = fields.ReadUInt() ?? 0;
        _opened = true;
        Frames.WriteOpen(Output.Writer, Hubs.ContainerId, MaxFrameSize, ChannelMax, IdleMilliseconds);
    }

    private void OnBegin(ushort channel, AmqpReader fields, int count)
    {
        Limits.CheckSessions(_sessions.Count);
        if (channel > ChannelMax || _sessions.ContainsKey(channel) || count < 4)
            throw new AmqpException(AmqpError.NotAllowed, $"No session can begin on channel {channel}.");
        fields.ReadUShort();
        var nextIncomingId = fields.ReadUInt() ?? 0;
        var incomingWindow = fields.ReadUInt() ?? 0;
        var session = new Session(this, channel, nextIncomingId, incomingWindow);
        _sessions.Add(channel, session);
        session.Begin();
    }

    private void Close(AmqpError? error)
    {
        if (_closing) return;
        _closing = true;
        // Nothing may follow the close, neither deliveries nor late acknowledgements.
        AbandonSessions();
        if (!_opened && error is not null) Frames.WriteOpen(Output.Writer, Hubs.ContainerId, MaxFrameSize, ChannelMax, IdleMilliseconds);
        Frames.WriteEnd(Output.Writer, 0, Frames.Close, error);
        Output.Notify();
        // The reading side may be waiting for a peer that never sends again.
        if (error is not null) _stop.CancelAfter(TimeSpan.FromSeconds(1));
    }

    private void AbandonSessions()
    {
        foreach (var session in _sessions.Values) session.Abandon();
        _sessions.Clear();
    }

    private void WakeReaders()
    {
        Link[] waiting;
        lock (Gate) waiting = [.. Links.Where(link => link is ConsumerLink)];
        foreach (var link in waiting) ((ConsumerLink)link).Wake();
    }

    /// <summary>A peer that takes nothing more is not listened to either.</summary>
    private async Task SendAsync()
    {
        try
        {
            await Output.RunAsync(_stop.Token);
        }
        catch
        {
            await _stop.CancelAsync();
            throw;
        }
    }

    private async Task FinishAsync(Task sending)
    {
        try
        {
            await sending.WaitAsync(TimeSpan.FromSeconds(2));
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or TimeoutException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // Nobody is there to read the rest.
        }
        await _stream.DisposeAsync();
    }
}
