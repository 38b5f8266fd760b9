using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker;

namespace HelloApp;

internal sealed record Message(string Text);

/// <summary>A queue for each kind of parameter.</summary>
internal sealed class QueueFunctions(Seen seen)
{
    [Function("Texts")]
    public Task TextsAsync([QueueTrigger("%Queue__Name%-texts", Connection = "AzureWebJobsStorage")] string message, CancellationToken cancellationToken) =>
        message == "bad" ? throw new InvalidOperationException("told to") : seen.AddAsync("Texts", message, cancellationToken);

    [Function("Bytes")]
    public Task BytesAsync([QueueTrigger("%Queue__Name%-bytes")] BinaryData message, CancellationToken cancellationToken) =>
        seen.AddAsync("Bytes", message.ToString(), cancellationToken);

    [Function("Objects")]
    public Task ObjectsAsync([QueueTrigger("%Queue__Name%-objects")] Message message, CancellationToken cancellationToken) =>
        seen.AddAsync("Objects", message.Text, cancellationToken);

    [Function("Messages")]
    public Task MessagesAsync([QueueTrigger("%Queue__Name%-messages")] QueueMessage message, CancellationToken cancellationToken) =>
        seen.AddAsync("Messages", $"{message.Body} {message.DequeueCount}", cancellationToken);
}
