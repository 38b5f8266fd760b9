using Azure.Core;
using Azure.Core.Pipeline;
using IoTBackend.Adapters.Shared;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Two quick retries of what may have been a hiccup. A registry that says when to come back is believed, and left alone by everybody
/// (<see cref="RegistryRests"/>) instead of being waited for here.
/// </summary>
internal sealed class RegistryRetries()
    : RetryPolicy(2, DelayStrategy.CreateExponentialDelayStrategy(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)))
{
    protected override bool ShouldRetry(HttpMessage message, Exception? exception) => MayRetry(message, exception) && base.ShouldRetry(message, exception);

    protected override async ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        MayRetry(message, exception) && await base.ShouldRetryAsync(message, exception);

    private static bool MayRetry(HttpMessage message, Exception? exception) => ForbiddenTargetException.In(exception) is null
        && (exception is not null || !message.HasResponse || (message.Response.Status != 429 && !message.Response.Headers.Contains("Retry-After")));
}
