using System.Threading.Channels;
using Amqp;
using Amqp.Framing;
using Amqp.Types;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>Keeps a receiving link open and its prefetched events in order.</summary>
internal sealed class Receiver(ConnectionScope scope, PartitionReceiver owner, PartitionReceiverOptions options, Retry retry)
{
    private sealed class OpenLink(ReceiverLink link)
    {
        public ReceiverLink Link => link;
        public Channel<Message> Arrived { get; } =
            Channel.CreateUnbounded<Message>(new() { SingleReader = true, SingleWriter = true });
    }

    private OpenLink? _open;
    private EventPosition _next = owner.InitialPosition;
    private EventHubsException? _disconnected;

    public Retry Retry => retry;
    public LastEnqueuedEventProperties LastEnqueued { get; private set; }

    public async Task<IReadOnlyList<EventData>> ReceiveAsync(int maximum, TimeSpan maximumWait, CancellationToken cancellationToken)
    {
        if (_disconnected is not null) throw _disconnected;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(maximumWait);
        for (var lost = 0; ; lost++)
        {
            _open ??= await Remember(retry.RunAsync(OpenAsync, cancellationToken));
            if (await TakeAsync(_open, maximum, deadline.Token) is { } events)
            {
                if (events.Count == 0) cancellationToken.ThrowIfCancellationRequested();
                return events;
            }
            var error = AmqpErrors.ToException(_open.Link.Error, scope.EventHubName);
            await _open.Link.EndSessionAsync(TimeSpan.Zero);
            _open = null;
            if (!error.IsTransient || lost >= retry.MaximumRetries) await Remember(Task.FromException<OpenLink>(error));
        }
    }

    /// <summary>Having lost the partition to another reader is final: coming back would take it away from that one.</summary>
    private async Task<OpenLink> Remember(Task<OpenLink> opening)
    {
        try
        {
            return await opening;
        }
        catch (EventHubsException error) when (error.Reason == EventHubsException.FailureReason.ConsumerDisconnected)
        {
            _disconnected = error;
            throw;
        }
    }

    public async Task CloseAsync()
    {
        if (_open is { } open) await open.Link.EndSessionAsync(TimeSpan.FromSeconds(2));
    }

    /// <summary>Null: the link is closed and everything that had arrived was handed out.</summary>
    private async Task<IReadOnlyList<EventData>?> TakeAsync(OpenLink open, int maximum, CancellationToken deadline)
    {
        var reader = open.Arrived.Reader;
        try
        {
            if (!await reader.WaitToReadAsync(deadline)) return null;
        }
        catch (OperationCanceledException)
        {
            return [];
        }
        var events = new List<EventData>(Math.Min(maximum, 256));
        while (events.Count < maximum && reader.TryRead(out var message))
        {
            open.Link.Accept(message);
            events.Add(EventDecoder.Decode(message));
            if (EventDecoder.LastEnqueued(message) is { } last) LastEnqueued = last;
        }
        if (events.Count > 0) _next = EventPosition.FromSequenceNumber(events[^1].SequenceNumber, isInclusive: false);
        return events;
    }

    private async Task<OpenLink> OpenAsync(CancellationToken cancellationToken)
    {
        var address = $"{scope.EventHubName}/ConsumerGroups/{owner.ConsumerGroup}/Partitions/{owner.PartitionId}";
        var connection = await scope.OpenAsync(address, cancellationToken);
        var opening = new LinkOpening();
        var link = new ReceiverLink(new Session(connection.Amqp), $"{owner.Identifier}-{Guid.NewGuid():N}", Attach(address), opening.OnAttached);
        var open = new OpenLink(link);
        link.AddClosedCallback((_, _) => open.Arrived.Writer.TryComplete());
        link.Start(Math.Max(1, options.PrefetchCount), (_, message) => open.Arrived.Writer.TryWrite(message));
        try
        {
            await opening.WaitAsync(link, cancellationToken);
            return open;
        }
        catch
        {
            await link.EndSessionAsync(TimeSpan.Zero);
            throw;
        }
    }

    private Attach Attach(string address)
    {
        var attach = new Attach
        {
            Source = new Source
            {
                Address = address,
                FilterSet = new Map
                {
                    [new Symbol("apache.org:selector-filter:string")] =
                        new DescribedValue(new Symbol("apache.org:selector-filter:string"), _next.ToSelector()),
                },
            },
            Target = new Target { Address = owner.Identifier },
            SndSettleMode = SenderSettleMode.Settled,
            Properties = new Fields
            {
                [new Symbol("com.microsoft:entity-type")] = 8,
                [new Symbol("com.microsoft:receiver-name")] = owner.Identifier,
            },
        };
        if (options.OwnerLevel is { } level) attach.Properties[new Symbol("com.microsoft:epoch")] = level;
        if (options.TrackLastEnqueuedEventProperties) attach.DesiredCapabilities = [new Symbol("com.microsoft:enable-receiver-runtime-metric")];
        return attach;
    }
}
