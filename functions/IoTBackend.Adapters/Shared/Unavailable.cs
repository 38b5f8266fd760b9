using Azure;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Shared;

/// <summary>Tells a service that cannot answer now from one that says no. Storage clients do so by themselves: <see cref="UnavailablePolicy"/>.</summary>
public static class Unavailable
{
    public const string Tables = "table storage";
    public const string Queues = "queue storage";
    public const string Blobs = "blob storage";
    public const string EventHub = "event hub";
    public const string Registry = "registry";

    /// <summary>Awaits the call; a time-out, 408, 429, 5xx or lost connection becomes an <see cref="UnavailableException"/>.</summary>
    public static async Task<T> CallAsync<T>(string service, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (IsTransient(e))
        {
            throw new UnavailableException(service, e);
        }
    }

    public static Task CallAsync(string service, Func<Task> call) => CallAsync(service, async () =>
    {
        await call();
        return true;
    });

    public static bool IsTransient(Exception exception) => exception switch
    {
        RequestFailedException failed => IsTransient(failed.Status),
        // The client gives up after its own retries; each inner one is a failure of the same call.
        AggregateException aggregate => aggregate.InnerExceptions.All(IsTransient),
        HttpRequestException or System.Net.Sockets.SocketException or IOException => true,
        // A time-out of the pipeline's, not the caller's cancellation.
        TaskCanceledException { InnerException: TimeoutException } or TimeoutException => true,
        _ => false,
    };

    /// <summary>Of an HTTP status; 0 = there was no answer.</summary>
    public static bool IsTransient(int status) => status is 0 or 408 or 429 or >= 500;
}
