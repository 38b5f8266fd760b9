using System.Text.Json;
using Azure;
using Azure.Identity;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases.Images;
using IoTBackend.Core.Shared;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>Makes of every way in which a call to a registry can end one of those that <see cref="IRegistryReader"/> promises.</summary>
internal sealed class RegistryCalls(RegistryRests rests, TimeProvider time)
{
    /// <param name="within">A further end, of a call that is one of several.</param>
    public async Task<T> RunAsync<T>(
        ImageSource source, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, CancellationToken within = default)
    {
        var host = source.Registry.Host;
        rests.ThrowIfResting(host);
        using var patience = new CancellationTokenSource(IRegistryReader.Patience, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, within, cancellationToken);
        try
        {
            var result = await call(any.Token);
            rests.Answered(host);
            return result;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (Told(e, any.IsCancellationRequested) is not { } told)
                return default!;
            if (told is UnavailableException)
                rests.Failed(host, e);
            throw told;
        }
    }

    /// <summary>Null = there is no such thing.</summary>
    private static Exception? Told(Exception exception, bool outOfTime) => exception switch
    {
        RegistryContentException or RegistryRefusedException => exception,
        _ when ForbiddenTargetException.In(exception) is { } forbidden => new RegistryRefusedException(forbidden.Message),
        _ when outOfTime || Unavailable.IsTransient(exception) => new UnavailableException(IRegistryReader.Service, exception),
        RequestFailedException { Status: 404 } => null,
        RequestFailedException { Status: 401 or 403 } e => new RegistryRefusedException($"The registry answered {e.Status}: its credential does not open this repository."),
        // Where there is no identity to read with; tokens of it that cannot be had now say so as transient.
        AuthenticationFailedException => new RegistryRefusedException("The managed identity gives no token for the registry."),
        // The client's own verdict on content it has looked at.
        RequestFailedException { Status: 200 or 206 } e => new RegistryContentException(e.Message.Split('\n')[0]),
        RequestFailedException e => new RegistryContentException($"The registry answered {e.Status}."),
        JsonException => new RegistryContentException("The registry's answer is not JSON."),
        AggregateException { InnerExceptions: [.., var last] } => Told(last, outOfTime),
        _ => new RegistryContentException($"The registry's answer cannot be read ({exception.GetType().Name})."),
    };
}
