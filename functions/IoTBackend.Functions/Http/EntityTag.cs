using System.Security.Cryptography;
using System.Text.Json;
using IoTBackend.Core.Shared;
using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Http;

/// <summary>Tags of what is shown (RFC 9110, 8.8.3), so that a decision can be of what was seen.</summary>
internal static class EntityTag
{
    /// <summary>Another one as soon as anything in it is.</summary>
    public static string Of<T>(T shown) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(shown, WireJson.Options)).AsSpan(0, 8));

    /// <summary>The tag in If-Match; null = whatever it is now.</summary>
    public static string? Seen(HttpRequest request) => request.Headers.IfMatch.ToString().Trim().Trim('"') is var tag and not ("" or "*") ? tag : null;

    public static void Show(HttpRequest request, string tag) => request.HttpContext.Response.Headers.ETag = $"\"{tag}\"";
}
