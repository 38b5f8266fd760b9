using System.Collections.Concurrent;
using Amqp;
using Amqp.Framing;
using Amqp.Types;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>
/// One link per target (the hub, or a partition), shared by all sends under way: they are pipelined, each waits for its own acknowledgement.
/// </summary>
internal sealed class Sender(ConnectionScope scope, string identifier, Retry retry) : IAsyncDisposable
{
    private sealed record OpenLink(SenderLink Link, long MaximumMessageSize);

    private readonly ConcurrentDictionary<string, OpenLink> _links = new();
    private readonly SemaphoreSlim _opening = new(1, 1);

    public Retry Retry => retry;

    public async ValueTask<long> MaximumMessageSizeAsync(string? partitionId, CancellationToken cancellationToken)
    {
        var address = AddressOf(partitionId);
        if (_links.TryGetValue(address, out var link) && !link.Link.IsClosed) return link.MaximumMessageSize;
        return await retry.RunAsync(async token => (await OpenAsync(address, token)).MaximumMessageSize, cancellationToken);
    }

    public Task SendAsync(BatchEncoder batch, string? partitionId, CancellationToken cancellationToken)
    {
        var address = AddressOf(partitionId);
        return retry.RunAsync(token => SendOnceAsync(batch, address, token), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links.Values) await link.Link.EndSessionAsync(TimeSpan.FromSeconds(2));
        _links.Clear();
    }

    private async Task<bool> SendOnceAsync(BatchEncoder batch, string address, CancellationToken cancellationToken)
    {
        var open = await OpenAsync(address, cancellationToken);
        var acknowledged = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        open.Link.Send(batch.ToMessage(), OnOutcome, acknowledged);
        return await acknowledged.Task.WaitAsync(cancellationToken);
    }

    private void OnOutcome(ILink link, Message message, Outcome outcome, object state)
    {
        var acknowledged = (TaskCompletionSource<bool>)state;
        if (outcome is Accepted) acknowledged.TrySetResult(true);
        else acknowledged.TrySetException(AmqpErrors.ToException(((outcome as Rejected)?.Error) ?? link.Error, scope.EventHubName));
    }

    private async Task<OpenLink> OpenAsync(string address, CancellationToken cancellationToken)
    {
        if (_links.TryGetValue(address, out var known) && !known.Link.IsClosed) return known;
        await _opening.WaitAsync(cancellationToken);
        try
        {
            if (_links.TryGetValue(address, out known) && !known.Link.IsClosed) return known;
            var connection = await scope.OpenAsync(address, cancellationToken);
            var opening = new LinkOpening();
            var attach = new Attach
            {
                Source = new Source { Address = identifier },
                Target = new Target { Address = address },
                SndSettleMode = SenderSettleMode.Unsettled,
                Properties = new Fields { [new Symbol("com.microsoft:entity-type")] = address == scope.EventHubName ? 7 : 9 },
            };
            var link = new SenderLink(new Session(connection.Amqp), $"{identifier}-{Guid.NewGuid():N}", attach, opening.OnAttached);
            var answer = await WaitAsync(opening, link, cancellationToken);
            if (known is not null) await known.Link.EndSessionAsync(TimeSpan.Zero);
            var size = answer.MaxMessageSize is 0 or > int.MaxValue ? int.MaxValue : (long)answer.MaxMessageSize;
            return _links[address] = new(link, size);
        }
        finally
        {
            _opening.Release();
        }
    }

    private static async Task<Attach> WaitAsync(LinkOpening opening, SenderLink link, CancellationToken cancellationToken)
    {
        try
        {
            return await opening.WaitAsync(link, cancellationToken);
        }
        catch
        {
            await link.EndSessionAsync(TimeSpan.Zero);
            throw;
        }
    }

    private string AddressOf(string? partitionId) => partitionId is null ? scope.EventHubName : $"{scope.EventHubName}/Partitions/{partitionId}";
}
