//! The language in which a customer is spoken to, and what is said in it.

use crate::types::Country;

/// A language of the pages for customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
    /// Portuguese.
    Pt,
}

/// Countries where Portuguese is spoken.
const PORTUGUESE: [&str; 4] = ["BR", "PT", "AO", "MZ"];

/// Countries where Spanish is spoken.
const SPANISH: [&str; 21] = [
    "AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GQ", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "PY", "SV",
    "UY", "VE",
];

impl Language {
    /// The one that a page is asked for in (`language`), else the first that the browser prefers (`Accept-Language`), else
    /// that of the country.
    #[must_use]
    pub fn of(asked: &str, accepted: &str, country: Option<Country>) -> Self {
        let mut preferred: Vec<(&str, f32)> = accepted
            .split(',')
            .map(|entry| {
                let (tag, weight) = entry.split_once(';').unwrap_or((entry, ""));
                let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0);
                (tag.trim(), weight)
            })
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        // Stable: of those that are wanted as much, the first.
        preferred.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let by_tag = [asked].into_iter().chain(preferred.into_iter().map(|(tag, _)| tag)).find_map(Self::of_tag);
        by_tag.unwrap_or(match country {
            Some(country) if PORTUGUESE.contains(&country.as_str()) => Self::Pt,
            Some(country) if SPANISH.contains(&country.as_str()) => Self::Es,
            _ => Self::En,
        })
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "es" => Some(Self::Es),
            "pt" => Some(Self::Pt),
            _ => None,
        }
    }

    /// Its tag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Pt => "pt",
        }
    }
}

macro_rules! texts {
    ($($name:ident: $en:literal, $es:literal, $pt:literal;)*) => {
        /// What customers read, in one language.
        pub struct Texts {
            $(
                #[doc = $en]
                pub $name: &'static str,
            )*
        }

        impl Language {
            /// What customers read.
            #[must_use]
            pub fn texts(self) -> &'static Texts {
                match self {
                    Self::En => &Texts { $($name: $en,)* },
                    Self::Es => &Texts { $($name: $es,)* },
                    Self::Pt => &Texts { $($name: $pt,)* },
                }
            }
        }
    };
}

texts! {
    order: "Order", "Pedido", "Pedido";
    total: "Total", "Total", "Total";
    how_to_pay: "How would you like to pay?", "¿Cómo quieres pagar?", "Como você quer pagar?";
    no_methods: "No payment method is available for this purchase.", "No hay medios de pago disponibles para esta compra.",
        "Não há meios de pagamento disponíveis para esta compra.";
    ending_in: "ending in", "terminada en", "com final";
    card: "Card", "Tarjeta", "Cartão";
    card_number: "Card number", "Número de tarjeta", "Número do cartão";
    expiry: "Expiry date (MM/YY)", "Vencimiento (MM/AA)", "Validade (MM/AA)";
    security_code: "Security code", "Código de seguridad", "Código de segurança";
    holder: "Name on the card", "Nombre en la tarjeta", "Nome no cartão";
    installments: "Instalments", "Cuotas", "Parcelas";
    pay_at_once: "Pay at once", "En un solo pago", "À vista";
    save_card: "Save this card for next time", "Guardar esta tarjeta para la próxima vez", "Salvar este cartão para a próxima vez";
    pay: "Pay", "Pagar", "Pagar";
    make_token: "Continue", "Continuar", "Continuar";
    working: "One moment…", "Un momento…", "Um momento…";
    number_wrong: "A card number has 8 to 19 digits.", "Un número de tarjeta tiene de 8 a 19 dígitos.",
        "Um número de cartão tem de 8 a 19 dígitos.";
    number_unusual: "Please check the number once more.", "Revisa el número una vez más.", "Confira o número mais uma vez.";
    expiry_wrong: "Month and year, such as 11/28.", "Mes y año, como 11/28.", "Mês e ano, como 11/28.";
    expiry_past: "This card has expired.", "Esta tarjeta ha vencido.", "Este cartão está vencido.";
    code_wrong: "The 3 or 4 digits on the card.", "Los 3 o 4 dígitos de la tarjeta.", "Os 3 ou 4 dígitos do cartão.";
    holder_wrong: "The name as the card has it.", "El nombre como figura en la tarjeta.", "O nome como está no cartão.";
    choose: "Choose how to pay.", "Elige cómo pagar.", "Escolha como pagar.";
    failed: "That did not work. Please try again.", "No funcionó. Inténtalo de nuevo.", "Não funcionou. Tente de novo.";
    needs_script: "This page needs JavaScript to send the payment.", "Esta página necesita JavaScript para enviar el pago.",
        "Esta página precisa de JavaScript para enviar o pagamento.";
    approved: "Payment approved", "Pago aprobado", "Pagamento aprovado";
    approved_more: "Thank you. The shop has been told.", "Gracias. La tienda ya lo sabe.", "Obrigado. A loja já foi avisada.";
    declined: "Payment declined", "Pago rechazado", "Pagamento recusado";
    declined_more: "Nothing was charged. Go back to the shop to try again.",
        "No se cobró nada. Vuelve a la tienda para intentarlo de nuevo.",
        "Nada foi cobrado. Volte à loja para tentar de novo.";
    went_wrong: "Something went wrong with the payment", "Algo salió mal con el pago", "Algo deu errado com o pagamento";
    ended: "This payment has ended", "Este pago ha terminado", "Este pagamento terminou";
    refunded: "Payment refunded", "Pago reembolsado", "Pagamento reembolsado";
    waiting: "Waiting for your payment", "Esperando tu pago", "Aguardando seu pagamento";
    waiting_more: "This page goes on by itself when the payment arrives.", "Esta página sigue sola cuando llega el pago.",
        "Esta página continua sozinha quando o pagamento chega.";
    go_on: "Continue to the payment", "Continuar al pago", "Continuar para o pagamento";
    authenticate: "Continue to your bank", "Continuar a tu banco", "Continuar para o seu banco";
    code: "Code to pay with", "Código para pagar", "Código para pagar";
    scan: "Scan this code with your bank's app.", "Escanea este código con la app de tu banco.",
        "Escaneie este código com o app do seu banco.";
    copy: "Copy", "Copiar", "Copiar";
    copied: "Copied", "Copiado", "Copiado";
    number: "Number to tell at the counter", "Número para decir en caja", "Número para informar no caixa";
    barcode: "Barcode", "Código de barras", "Código de barras";
    bank: "Bank", "Banco", "Banco";
    beneficiary: "Beneficiary", "Beneficiario", "Beneficiário";
    account: "Account", "Cuenta", "Conta";
    reference: "Reference", "Referencia", "Referência";
    pay_until: "Pay until", "Paga hasta", "Pague até";
    expired: "This checkout has expired", "Este pago ha vencido", "Este pagamento expirou";
    expired_more: "Go back to the shop to begin a new one.", "Vuelve a la tienda para empezar uno nuevo.",
        "Volte à loja para começar um novo.";
    unknown: "There is no such checkout", "Este pago no existe", "Este pagamento não existe";
    unknown_more: "The address is not right, or the checkout is not there any more.",
        "La dirección no es correcta, o el pago ya no existe.", "O endereço não está certo, ou o pagamento não existe mais.";
    back: "Return to the shop", "Volver a la tienda", "Voltar à loja";
    back_soon: "You are taken back to the shop in a few seconds.", "Volverás a la tienda en unos segundos.",
        "Você voltará à loja em alguns segundos.";
    stay: "Stay here", "Quedarme aquí", "Ficar aqui";
    for_backend: "The one-time token for the merchant's backend", "El token de un solo uso para el backend del comercio",
        "O token de uso único para o backend do lojista";
    for_backend_more: "The workflow of this session has the merchant's backend make the payment. This is the call:",
        "El workflow de esta sesión deja el pago al backend del comercio. Esta es la llamada:",
        "O workflow desta sessão deixa o pagamento para o backend do lojista. Esta é a chamada:";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_goes_before_what_the_browser_prefers_and_that_before_the_country() {
        let country = |code: &str| Some(Country::parse(code).expect(code));
        for (asked, accepted, code, expected) in [
            ("pt", "es", "MX", Language::Pt),
            ("", "de, es-MX;q=0.8, pt;q=0.9", "US", Language::Pt),
            ("xx", "ES-419", "BR", Language::Es),
            ("", "de, fr;q=0.5", "BR", Language::Pt),
            ("", "", "CO", Language::Es),
            ("", "", "VE", Language::Es),
            ("", "pt;q=0", "DE", Language::En),
            ("", ";;q=,,q=nan;q=x", "DE", Language::En),
        ] {
            assert_eq!(Language::of(asked, accepted, country(code)), expected, "{asked} {accepted} {code}");
        }
    }
}
