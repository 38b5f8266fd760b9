using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Core.Pipeline;

namespace IoTBackend.Adapters.Releases.Images;

/// <summary>
/// Logs in where a registry asks for it: Basic, or a bearer token from the realm it names
/// (github.com/distribution/distribution, docs/content/spec/auth/token.md). Credentials go to the registry and to its realm, nowhere else.
/// </summary>
internal sealed partial class RegistryLogin(Uri registry, string? userAndPassword, TimeProvider time) : HttpPipelinePolicy
{
    /// <summary>Not used in its last 10 seconds: it has to live as long as the request it is for.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private const int MaxTokenBytes = 64 * 1024;

    private readonly ConcurrentDictionary<string, (string Header, DateTimeOffset Until)> _cache = [];

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var request = message.Request.Uri.ToUri();
        var here = SameOrigin(request);
        // Every read of one repository needs the same scope, so the last token is most likely the right one.
        var known = here ? _cache.Values.FirstOrDefault(v => v.Until - Margin > time.GetUtcNow()).Header : null;
        if (known is not null)
            message.Request.Headers.SetValue(HttpHeader.Names.Authorization, known);
        await ProcessNextAsync(message, pipeline);
        if (!here || message.Response.Status != 401)
            return;

        var challenge = message.Response.Headers.TryGetValue("WWW-Authenticate", out var text) ? text : "";
        if (known is not null)
            _cache.Clear();
        if (await AnswerAsync(challenge, message, pipeline) is not { } header)
            return;
        message.Request.Headers.SetValue(HttpHeader.Names.Authorization, header);
        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Registries are read asynchronously.");

    private async ValueTask<string?> AnswerAsync(string challenge, HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (challenge.StartsWith("Basic", StringComparison.OrdinalIgnoreCase) && Basic() is { } basic)
            return Remember("basic", basic, DateTimeOffset.MaxValue);
        if (!challenge.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return null;
        var parameters = Parameter().Matches(challenge).DistinctBy(m => m.Groups[1].Value)
            .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value, StringComparer.OrdinalIgnoreCase);
        if (!Uri.TryCreate(parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm)
            || (realm.Scheme != Uri.UriSchemeHttps && !(realm.Scheme == Uri.UriSchemeHttp && realm.IsLoopback && registry.IsLoopback)))
            return null;

        var scope = parameters.GetValueOrDefault("scope", "");
        var query = $"service={Uri.EscapeDataString(parameters.GetValueOrDefault("service", ""))}&scope={Uri.EscapeDataString(scope)}";
        return await FetchTokenAsync(new UriBuilder(realm) { Query = query }.Uri, scope, message, pipeline);
    }

    /// <summary>Through the rest of the same pipeline, by borrowing the message: a policy has no pipeline of its own.</summary>
    private async ValueTask<string?> FetchTokenAsync(Uri uri, string scope, HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var original = message.Request.Uri.ToUri();
        var method = message.Request.Method;
        var buffered = message.BufferResponse;
        try
        {
            message.Response.Dispose();
            message.BufferResponse = true;
            message.Request.Method = RequestMethod.Get;
            message.Request.Uri.Reset(uri);
            if (Basic() is { } basic)
                message.Request.Headers.SetValue(HttpHeader.Names.Authorization, basic);
            else
                message.Request.Headers.Remove(HttpHeader.Names.Authorization);
            await ProcessNextAsync(message, pipeline);
            if (message.Response.Status != 200 || message.Response.Content.ToMemory().Length > MaxTokenBytes)
                return null;
            using var json = JsonDocument.Parse(message.Response.Content);
            var root = json.RootElement;
            var token = root.TryGetProperty("token", out var t) ? t.GetString() : root.TryGetProperty("access_token", out t) ? t.GetString() : null;
            // "For compatibility, at least 60 seconds" where expires_in is missing.
            var seconds = root.TryGetProperty("expires_in", out var e) && e.TryGetInt32(out var given) ? Math.Clamp(given, 0, 3600) : 60;
            return token is { Length: > 0 } ? Remember(scope, $"Bearer {token}", time.GetUtcNow().AddSeconds(seconds)) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
        finally
        {
            message.Request.Headers.Remove(HttpHeader.Names.Authorization);
            message.Request.Method = method;
            message.Request.Uri.Reset(original);
            message.BufferResponse = buffered;
        }
    }

    private string Remember(string scope, string header, DateTimeOffset until)
    {
        _cache[scope] = (header, until);
        return header;
    }

    private string? Basic() => userAndPassword is null ? null : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(userAndPassword))}";

    private bool SameOrigin(Uri uri) => uri.Scheme == registry.Scheme && uri.Host == registry.Host && uri.Port == registry.Port;

    [GeneratedRegex("([a-z_]+)=\"([^\"]*)\"", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();
}
