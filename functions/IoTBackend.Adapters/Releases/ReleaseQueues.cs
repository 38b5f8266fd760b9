using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Hosting;

namespace IoTBackend.Adapters.Releases;

/// <summary>The work of releases. Queues <c>registry-events</c>, <c>release-offers</c> and <c>release-tells</c>; a message is the work as JSON.</summary>
public sealed class ReleaseQueues(QueueServiceClient queues) : IReleaseWork, IHostedService
{
    /// <summary>Event Grid also delivers here, in its own form.</summary>
    public const string Pushes = "registry-events";

    public const string Offers = "release-offers";

    public const string Tells = "release-tells";

    private readonly QueueClient _pushes = queues.GetQueueClient(Pushes);
    private readonly QueueClient _offers = queues.GetQueueClient(Offers);
    private readonly QueueClient _tells = queues.GetQueueClient(Tells);

    public Task QueueAsync(ReadPushWork work, TimeSpan after, CancellationToken cancellationToken) => SendAsync(_pushes, work, after, cancellationToken);

    public Task QueueAsync(OfferWork work, TimeSpan after, CancellationToken cancellationToken) => SendAsync(_offers, work, after, cancellationToken);

    public Task QueueAsync(TellWork work, TimeSpan after, CancellationToken cancellationToken) => SendAsync(_tells, work, after, cancellationToken);

    public Task PutBackAsync(string push, TimeSpan after, CancellationToken cancellationToken) => SendTextAsync(_pushes, push, after, cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(new[] { _pushes, _offers, _tells }.Select(
        queue => queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static Task<Response<SendReceipt>> SendAsync<T>(QueueClient queue, T work, TimeSpan after, CancellationToken cancellationToken) =>
        SendTextAsync(queue, JsonSerializer.Serialize(work, WireJson.Options), after, cancellationToken);

    // The queue counts in whole seconds, and what is seen too early finds nothing to do and is gone.
    private static Task<Response<SendReceipt>> SendTextAsync(QueueClient queue, string message, TimeSpan after, CancellationToken cancellationToken) =>
        queue.SendMessageAsync(message, TimeSpan.FromSeconds(Math.Ceiling(after.TotalSeconds)), timeToLive: null, cancellationToken);
}
