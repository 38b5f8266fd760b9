using System.Diagnostics.Metrics;
using IoTBackend.Core.Alerts.Deliveries;
using IoTBackend.Core.Alerts.Episodes;
using IoTBackend.Core.Alerts.Routing;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Time.Testing;

namespace Core.Tests.Alerts;

/// <summary>The process died.</summary>
internal sealed class KilledException : Exception;

/// <summary>
/// The whole alert path in memory: queues that deliver at least once, stores that keep what they were given, a clock, and channels
/// that answer as told. <see cref="Kill"/> is asked before and after everything that outlives a process.
/// </summary>
internal sealed class AlertWorld
{
    public static readonly DateTimeOffset Start = new(2026, 11, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(Func<Task> Handle, string Name), (DateTimeOffset, int)> _queue = new();
    private int _queued;
    private bool _dead;

    public AlertWorld() => Boot();

    public FakeTimeProvider Time { get; } = new(Start);

    public MemoryAlerts Alerts { get; } = new();

    public MemoryChannels Channels { get; } = new();

    public MemoryMutes Mutes { get; } = new();

    public MemoryEscalations Escalations { get; } = new();

    public MemoryRoutes Routes { get; } = new();

    public MemoryDue Due { get; } = new();

    public MemoryLanes Lanes { get; } = new();

    public MemoryUndelivered Undelivered { get; } = new();

    public MemoryComments Comments { get; } = new();

    public List<(string Channel, Message Message)> Sent { get; } = [];

    public Func<string, Message, DeliveryOutcome> Answer { get; set; } = (_, _) => new(Delivered: true, "Status 204.");

    public Func<bool> Kill { get; set; } = () => false;

    /// <summary>Notices in one message, at most; counts from the next boot on.</summary>
    public int MaxRows { get; set; } = TellChannel.MostTogether;

    public DispatchAlert Dispatch { get; private set; } = null!;

    public TellChannel Tell { get; private set; } = null!;

    public ChannelSender Sender { get; private set; } = null!;

    public AlertAudience Audience { get; private set; } = null!;

    public EndMute EndMute { get; private set; } = null!;

    public KeepAlerts Keep { get; private set; } = null!;

    public AcknowledgeAlert Acknowledge { get; private set; } = null!;

    public Resend Resend { get; private set; } = null!;

    public ReadAlert Read { get; private set; } = null!;

    /// <summary>A new process: what was only in memory is gone.</summary>
    public void Boot()
    {
        _dead = false;
        foreach (var store in new Mortal[] { Alerts, Channels, Mutes, Escalations, Routes, Due, Lanes, Undelivered, Comments })
            store.World = this;
        var calls = new Calls(this);
        var call = new CallLanes(calls, Time);
        var meter = new AlertsMeter(new Meters());
        Sender = new ChannelSender([new Recorder<WebhookChannel>(this), new Recorder<SlackChannel>(this), new Forgetful(this), new Incidents(this)]);
        Audience = new(Channels, Mutes, Routes, new NoDevices());
        var tell = new TellAlert(Alerts, Audience, Escalations, Lanes, call, Due, Time);
        EndMute = new(Mutes, Alerts, Channels, tell, call, Due, Time);
        Dispatch = new(Alerts, tell, EndMute, Due, meter);
        Tell = new(Channels, Lanes, calls, new QuietHours(Mutes), Undelivered, Sender, Alerts, new NoLinks(), meter, Time) { MaxRows = MaxRows };
        Keep = new(new RunDue(Due, Alerts, Escalations, tell, Dispatch, EndMute, Time), Channels, Lanes, calls, Sender, Alerts, Undelivered, Time);
        Acknowledge = new(Alerts, Dispatch, Time);
        Resend = new(Undelivered, Alerts, Lanes, calls, Time);
        Read = new(Alerts, Lanes, Comments);
    }

    public void Add(string channel, Func<Channel, Channel>? change = null, Channel? kind = null)
    {
        var made = (kind ?? new WebhookChannel { Url = new("https://example.com/"), Secret = WebhookSignature.NewSecret() }) with { Name = channel };
        Channels.Put(change?.Invoke(made) ?? made);
    }

    public void Raise(AlertTransition step) => Enqueue(() => Dispatch.RunAsync(step, default), TimeSpan.Zero, "step");

    /// <summary>An alert of a device of its own, raised now.</summary>
    public AlertTransition Step(string device, AlertChange change = AlertChange.Opened, Severity severity = Severity.Warning, AlertKind kind = AlertKind.DeviceOffline, DateTimeOffset? raisedAt = null) => new()
    {
        AlertId = AlertTransition.IdOf(device, kind, raisedAt ?? Start),
        Change = change,
        Kind = kind,
        Severity = severity,
        DeviceId = device,
        Groups = ["site-a"],
        Cause = "power",
        Summary = $"{device} is silent.",
        RaisedAt = raisedAt ?? Start,
        At = Time.GetUtcNow(),
    };

    /// <summary>Handles all that is due in the time that passes; the timer runs every minute.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var end = Time.GetUtcNow() + time;
        var timer = Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        while (true)
        {
            await WorkAsync();
            var next = _queue.TryPeek(out _, out var due) && due.Item1 < timer ? due.Item1 : timer;
            if (next > end)
                break;
            if (next > Time.GetUtcNow())
                Time.Advance(next - Time.GetUtcNow());
            if (next == timer)
            {
                timer += TimeSpan.FromMinutes(1);
                await TryAsync(() => Keep.RunAsync(default));
            }
        }

        if (end > Time.GetUtcNow())
            Time.Advance(end - Time.GetUtcNow());
    }

    public void Enqueue(Func<Task> handle, TimeSpan after, string name) => _queue.Enqueue((handle, name), (Time.GetUtcNow() + after, _queued++));

    public void MayDie()
    {
        // Whatever its code would still catch: a dead process does nothing more.
        _dead |= Kill();
        if (_dead)
            throw new KilledException();
    }

    /// <summary>What a channel was told, one line for each alert in each message, with the id it has alone and together.</summary>
    public IReadOnlyList<(string Id, NoticeType Type, string Device, int Together)> Told(string channel) =>
        [.. Sent.Where(s => s.Channel == channel).SelectMany(s => s.Message.Notices.Select(n => (n.IdFor(channel), n.Type, n.Alert.DeviceId ?? "", s.Message.Notices.Count)))];

    public IReadOnlyList<string> Lines(string channel) =>
        [.. Sent.Where(s => s.Channel == channel).Select(s => s.Message.Alone is { } n ? $"{n.Type} {n.Alert.DeviceId}" : $"{s.Message.Notices.Count} together")];

    private async Task WorkAsync()
    {
        while (_queue.TryPeek(out var message, out var due) && due.Item1 <= Time.GetUtcNow())
        {
            _queue.Dequeue();
            // A message whose handler died is seen again after a while.
            if (!await TryAsync(message.Handle))
                Enqueue(message.Handle, TimeSpan.FromSeconds(30), message.Name);
        }
    }

    private async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception) when (_dead)
        {
            Boot();
            return false;
        }
    }

    private sealed class Calls(AlertWorld world) : ILaneCalls
    {
        public Task EnqueueAsync(LaneCall call, TimeSpan after, CancellationToken cancellationToken)
        {
            world.MayDie();
            world.Enqueue(() => world.Tell.RunAsync(call, default), after, $"call {call.Channel}");
            world.MayDie();
            return Task.CompletedTask;
        }
    }

    private class Recorder<T>(AlertWorld world) : IChannel
    {
        public Type Settings => typeof(T);

        public Task<DeliveryOutcome> SendAsync(Channel channel, Message message, CancellationToken cancellationToken)
        {
            world.MayDie();
            var outcome = world.Answer(channel.Name, message);
            if (outcome.Delivered)
                world.Sent.Add((channel.Name, message));
            world.MayDie();
            return Task.FromResult(outcome);
        }
    }

    private sealed class Forgetful(AlertWorld world) : Recorder<AlertmanagerChannel>(world), IForgetfulChannel
    {
        public async Task<DeliveryOutcome> RepeatAsync(Channel channel, IReadOnlyList<Alert> open, CancellationToken cancellationToken) =>
            await SendAsync(channel, new("repeat", [.. open.Select(a => new Notice { Type = NoticeType.Opened, Alert = a, At = a.RaisedAt, Since = a.RaisedAt })], new NoLinks()), cancellationToken);
    }

    private sealed class Incidents(AlertWorld world) : Recorder<PagerDutyChannel>(world), IIncidentChannel
    {
        public Task<DeliveryOutcome> EndManyAsync(Channel channel, CancellationToken cancellationToken) => SendAsync(channel, new("end of many", [], new NoLinks()), cancellationToken);
    }

    internal sealed class NoLinks : IAlertLinks
    {
        public Uri? List => null;

        public Uri? Of(Alert alert) => null;

        public Uri? Acknowledge(Alert alert, string channel) => null;
    }

    internal sealed class NoDevices : IDeviceCatalog
    {
        public ValueTask<Device?> FindAsync(string deviceId, CancellationToken cancellationToken) => new((Device?)null);

        public ValueTask<DeviceModel?> FindModelAsync(string model, CancellationToken cancellationToken) => new((DeviceModel?)null);
    }

    internal sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
