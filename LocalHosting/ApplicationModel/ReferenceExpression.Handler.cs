using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

public sealed partial class ReferenceExpression
{
    /// <summary>What the compiler calls for <c>$"..."</c>.</summary>
    [InterpolatedStringHandler]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref struct ExpressionInterpolatedStringHandler
    {
        private readonly ExpressionText _text;

        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) => _text = new ExpressionText();

        public readonly void AppendLiteral(string value) => _text.Literal(value);

        public readonly void AppendFormatted(string? value) => _text.Literal(value);

        public readonly void AppendFormatted(string? value, string? format = null) => _text.Formatted(value, format);

        public readonly void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _text.Value(valueProvider, format: null);

        public readonly void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider, IManifestExpressionProvider => _text.Value(valueProvider, format);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _text.Value(valueProvider.Resource, format: null);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _text.Value(valueProvider.Resource, format);

        internal readonly ReferenceExpression ToExpression() => _text.ToExpression();
    }
}
