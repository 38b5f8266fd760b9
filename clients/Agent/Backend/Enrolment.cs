using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IoTBackend.Agent.Configuration;
using IoTBackend.Agent.Host;
using IoTBackend.Agent.Trust;

namespace IoTBackend.Agent.Backend;

/// <summary>The server will not have this device: somebody has to do something.</summary>
internal sealed class EnrolmentRefusedException(string message) : Exception(message);

/// <summary>
/// Gets the device a key of its own with a claim token. Its order lets it die anywhere: the nonce is on the disk before the first request, so that
/// the answer can be had again; pins and identity are there before the key, whose being there means that all is done.
/// </summary>
internal sealed class Enrolment(AgentConfiguration configuration, HttpClient http, Pins pins, Backoff backoff, TimeProvider time, Action<string> say)
{
    private const int MaxToken = 128;

    private string IdentityFile => Path.Combine(configuration.StateDirectory, "identity.json");

    private string NonceFile => Path.Combine(configuration.StateDirectory, "nonce");

    /// <summary>Who this device is; enrols it first where it has no key.</summary>
    /// <exception cref="EnrolmentRefusedException">There is neither a key nor a claim that counts.</exception>
    public async Task<Identity> RunAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(configuration.KeyFile))
        {
            while (!await EnrolAsync(cancellationToken))
                await Task.Delay(backoff.Failed(_retryAfter), time, cancellationToken);
        }

        if (File.Exists(IdentityFile) && JsonSerializer.Deserialize(File.ReadAllBytes(IdentityFile), WireJson.Default.Identity) is { } known && known.DeviceId == configuration.DeviceId)
            return known;
        // A key from an operator's hand: the server does not compare the host unless it is told to.
        return new(configuration.DeviceId, new Uri(configuration.Server).Authority);
    }

    private TimeSpan? _retryAfter;

    private async Task<bool> EnrolAsync(CancellationToken cancellationToken)
    {
        if (configuration.ClaimFile is not { } claim)
            throw new EnrolmentRefusedException($"there is no {configuration.KeyFile}, and no claimFile to get a key with");
        var token = PrivateFile.Read(claim);
        if (token.Length is 0 or > MaxToken)
            throw new EnrolmentRefusedException($"{claim} holds no claim token");
        var request = new EnrolmentRequest(token, configuration.DeviceId, Nonce(), Platform());
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            using var response = await http.PostAsync("api/devices/enroll", BackendClient.Json(JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.EnrolmentRequest)), late.Token);
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict)
                throw new EnrolmentRefusedException($"the server refuses to enrol {configuration.DeviceId} ({(int)response.StatusCode}){await BackendClient.ProblemAsync(response, cancellationToken)}");
            await BackendClient.ThrowUnlessAsync(response, response.IsSuccessStatusCode, cancellationToken);
            Keep(JsonSerializer.Deserialize(await BackendClient.ReadAsync(response, cancellationToken), WireJson.Default.EnrolmentAnswer));
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or BackendUnavailableException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            _retryAfter = (e as BackendUnavailableException)?.RetryAfter;
            say($"enrolment: {e.Message}");
            return false;
        }
        catch (JsonException e)
        {
            throw new EnrolmentRefusedException($"the server's answer cannot be read: {e.Message}");
        }
    }

    private void Keep(EnrolmentAnswer? answer)
    {
        if (answer is not { PrimaryKey: { } key, HostName: { } host } || answer.DeviceId != configuration.DeviceId || !DeviceKey.IsOne(key))
            throw new EnrolmentRefusedException("the server's answer holds no key for this device");
        pins.Enrolled((answer.Tracks ?? []).Where(t => t.Track is not null).Select(t => KeyValuePair.Create(t.Track!, Pins.Parse(t.Signature))));
        Disk.Replace(IdentityFile, JsonSerializer.SerializeToUtf8Bytes(new(configuration.DeviceId, host), WireJson.Default.Identity));
        Disk.Replace(configuration.KeyFile, Encoding.ASCII.GetBytes(key + "\n"));
        say($"enrolled as {configuration.DeviceId}; the key is in {configuration.KeyFile}");
    }

    private string Nonce()
    {
        if (File.Exists(NonceFile) && File.ReadAllText(NonceFile) is { Length: > 0 } kept)
            return kept;
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        Disk.Replace(NonceFile, Encoding.ASCII.GetBytes(nonce));
        return nonce;
    }

    private static string Platform() =>
        Core.Devices.Platform.Normalise("linux", System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString(), null).ToString();
}

internal static class DeviceKey
{
    private const int MinBytes = 16;

    public static bool IsOne(string base64) => Decode(base64) is { Length: >= MinBytes };

    /// <exception cref="IOException">The file is open to others, or holds no key.</exception>
    public static byte[] Read(string path) => Decode(PrivateFile.Read(path)) is { Length: >= MinBytes } key ? key : throw new IOException($"{path} holds no key (base64 on one line)");

    private static byte[]? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : null;
    }
}
